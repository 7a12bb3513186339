// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;

/**
 * What computes: an engine at work on a device, on which any number of models may be alive at a
 * time, trained or to be trained. They share what does not differ between them: the device, the
 * code on it, and the pixels of an image set that several are trained on.
 *
 * <p>An accelerator may be used by several threads at a time, and so may different models of it. A
 * single model is for one caller at a time, see {@link VaeModel}.
 */
public interface Accelerator extends AutoCloseable {
  /** What computes, for people and run records, e.g. the CPU's name and the BLAS in use. */
  EngineInfo info();

  /**
   * A model that is used as it is. It has no more memory than that takes.
   *
   * @param shape the network
   * @param objective what its inputs and outputs stand for
   * @param parameters all of them, as {@link io.github.cvaegpu.model.ParameterLayout} has them;
   *     copied
   * @throws IllegalArgumentException if they are not as many as the network has
   * @throws EngineException if there is too little memory
   */
  VaeModel model(VaeShape shape, Objective objective, float[] parameters);

  /**
   * A model to be trained. Its parameters are yet to be restored.
   *
   * @param shape the network
   * @param settings how to train
   * @param images what to train on; their pixels are the network's inputs
   * @throws IllegalArgumentException if the images are of another size
   * @throws EngineException if there is too little memory
   */
  Trainee trainee(VaeShape shape, TrainingSettings settings, ImageSet images);

  /**
   * Gives the device back, and closes the models that are still open. No thread may be using one.
   */
  @Override
  void close();
}
