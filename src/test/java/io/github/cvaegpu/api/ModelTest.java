// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.api.CvaeGpuException.Reason;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.model.Decoder;
import io.github.cvaegpu.train.SavedModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
  private static final int PIXELS = 784;

  @TempDir private static Path temp;

  private static DataSplit data;
  private static Device device;
  private static Path run;
  private static Model model;

  @BeforeAll
  static void train() {
    data = SmallDigits.split();
    device = Device.cpu(2);
    run = temp.resolve("run");
    Training.begin(SmallDigits.holding(), data, run).run(device, Listener.NONE);
    model = Model.open(run, device);
  }

  @AfterAll
  static void close() {
    device.close();
  }

  @Test
  void saysWhatItIs() {
    assertEquals(2, model.latent());
    assertEquals(PIXELS, model.pixels());
    assertEquals(24, model.steps());
    assertEquals(64, model.sha256().length());
    assertEquals("VAE 784-24-8-2 after 24 steps on small digits", model.toString());
  }

  @Test
  void encodesEachImage() {
    Posteriors all = model.encode(data.test());
    assertEquals(SmallDigits.TEST, all.size());
    assertEquals(2, all.latent());
    float[] means = all.means();
    assertEquals(2 * SmallDigits.TEST, means.length);
    for (int i = 0; i < all.size(); i++) {
      assertArrayEquals(Arrays.copyOfRange(means, 2 * i, 2 * i + 2), all.mean(i));
      assertEquals(2, all.logVariance(i).length);
    }
    // Alone it is what it is among others.
    Images last = Images.of(28, 28, data.test().intensities(SmallDigits.TEST - 1));
    assertArrayEquals(all.mean(SmallDigits.TEST - 1), model.encode(last).mean(0));
    assertThrows(IndexOutOfBoundsException.class, () -> all.mean(SmallDigits.TEST));
    assertThrows(IndexOutOfBoundsException.class, () -> all.logVariance(-1));
  }

  @Test
  void decodesAsTheReferenceDoes() {
    Decoder reference = SavedModel.open(run).decoder();
    float[] z = {0, 0, 1.5f, -0.5f, -2, 3};
    float[] images = model.decode(z);
    assertEquals(3 * PIXELS, images.length);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(
          reference.decode(Arrays.copyOfRange(z, 2 * i, 2 * i + 2)),
          Arrays.copyOfRange(images, i * PIXELS, (i + 1) * PIXELS),
          1e-5f);
    }
    assertEquals(0, model.decode(new float[0]).length);
    assertThrows(IllegalArgumentException.class, () -> model.decode(new float[3]));
  }

  @Test
  void decodesManyPointsAsEachAlone() {
    float[] z = new float[2 * 5000];
    for (int i = 0; i < z.length; i++) {
      z[i] = (i % 97) / 30f - 1.6f;
    }
    float[] images = model.decode(z);
    for (int i : new int[] {0, 4095, 4096, 4999}) {
      assertArrayEquals(
          model.decode(Arrays.copyOfRange(z, 2 * i, 2 * i + 2)),
          Arrays.copyOfRange(images, i * PIXELS, (i + 1) * PIXELS));
    }
  }

  @Test
  void reconstructsFromTheMeans() {
    Images some = data.test().first(3);
    assertArrayEquals(model.decode(model.encode(some).means()), model.reconstruct(some));
  }

  @Test
  void scoresAsTheCommandsDo() {
    ImageScores expected;
    SavedModel saved = SavedModel.open(run);
    try (var same = saved.model(device.accelerator())) {
      expected = new Evaluator(same, saved.seed()).score(data.dataset().test(), 7);
    }
    Scores scores = model.score(data.test(), 7);
    assertEquals(SmallDigits.TEST, scores.size());
    for (int i = 0; i < scores.size(); i++) {
      assertEquals(expected.reconstructionLoss(i), scores.reconstructionLoss(i));
      assertEquals(expected.klDivergence(i), scores.klDivergence(i));
      assertEquals(expected.elbo(i), scores.elbo(i));
      assertEquals(expected.bound(i), scores.bound(i));
    }
    assertEquals(expected.evaluation().elbo().mean(), scores.elbo().value());
    assertEquals(expected.evaluation().elbo().standardError(), scores.elbo().standardError());
    assertEquals(expected.evaluation().importanceWeightedBound().mean(), scores.bound().value());
    assertEquals(
        -scores.elbo().value(),
        scores.reconstructionLoss().value() + scores.klDivergence().value(),
        1e-9);
    assertThrows(IllegalArgumentException.class, () -> model.score(data.test(), 0));
  }

  @Test
  void integratesTheLikelihood() {
    Images some = data.test().first(8);
    double[] exact = model.logLikelihood(some);
    double[] expected = new double[8];
    SavedModel saved = SavedModel.open(run);
    try (var same = saved.model(device.accelerator())) {
      ExactLikelihood.of(
          same,
          saved.objective(),
          Posterior.of(same, some.set()),
          new Evaluator(same, saved.seed()).score(some.set(), 1),
          expected);
    }
    assertArrayEquals(expected, exact);
    Scores bounds = model.score(some, 100);
    assertTrue(
        Arrays.stream(exact).average().orElseThrow() > bounds.bound().value(),
        Arrays.toString(exact));
  }

  @Test
  void samplesByTheSeed() {
    float[] samples = model.sample(5, 3);
    assertEquals(5 * PIXELS, samples.length);
    assertArrayEquals(samples, model.sample(5, 3));
    assertArrayEquals(Arrays.copyOf(samples, 2 * PIXELS), model.sample(2, 3));
    assertNotEquals(Arrays.hashCode(samples), Arrays.hashCode(model.sample(5, 4)));
    float[] like = model.sampleLike(data.train(), 3, 5, 3);
    assertEquals(5 * PIXELS, like.length);
    assertArrayEquals(like, model.sampleLike(data.train(), 3, 5, 3));
    assertThrows(IllegalArgumentException.class, () -> model.sample(0, 3));
    assertThrows(IllegalArgumentException.class, () -> model.sample(2_000_000_000, 3));
    assertThrows(IllegalArgumentException.class, () -> model.sampleLike(data.train(), 0, 5, 3));
    var e =
        assertThrows(
            CvaeGpuException.class, () -> model.sampleLike(data.train().first(4), 5, 1, 0));
    assertEquals("A mixture of 5 components cannot be fitted to 4 images.", e.getMessage());
  }

  @Test
  void refusesImagesOfAnotherSize() {
    Images other = Images.of(8, 16, new byte[8 * 16]);
    var e = assertThrows(CvaeGpuException.class, () -> model.encode(other));
    assertEquals(Reason.INPUT, e.reason());
    assertEquals("The images are of 8 x 16 pixels, and the model is for 28 x 28.", e.getMessage());
    assertThrows(CvaeGpuException.class, () -> model.score(other, 1));
    assertThrows(CvaeGpuException.class, () -> model.logLikelihood(other));
  }

  @Test
  void refusesWhatIsNoModel() {
    var e = assertThrows(CvaeGpuException.class, () -> Model.open(temp.resolve("no"), device));
    assertEquals(Reason.INPUT, e.reason());
    assertTrue(e.getMessage().endsWith("holds no run: there is no run.json."), e.getMessage());
  }

  @Test
  void isOfNoUseOnceItIsClosed() {
    Device other = Device.cpu(1);
    Model closed = Model.open(run, other);
    closed.close();
    closed.close();
    assertThrows(IllegalStateException.class, () -> closed.encode(data.test()));
    Model open = Model.open(run, other);
    other.close();
    assertThrows(IllegalStateException.class, () -> open.sample(1, 0));
  }

  @Test
  void imagesAreWhatTheyAreMadeOf() {
    Images images = Images.of(1, 2, new byte[] {0, (byte) 255, 51, 102});
    assertEquals(2, images.size());
    assertArrayEquals(new float[] {0, 1}, images.intensities(0));
    assertArrayEquals(new float[] {0.2f, 0.4f}, images.intensities(1));
    assertEquals(OptionalInt.empty(), images.label(0));
    assertEquals(OptionalInt.of(255), images.withLabels(new int[] {3, 255}).label(1));
    Images same = Images.of(1, 2, new float[] {0, 1, 0.2f, 0.4f});
    assertArrayEquals(images.intensities(1), same.intensities(1));
    assertThrows(IllegalArgumentException.class, () -> Images.of(1, 2, new byte[3]));
    assertThrows(IllegalArgumentException.class, () -> Images.of(1, 2, new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> Images.of(0, 2, new byte[2]));
    assertThrows(IllegalArgumentException.class, () -> Images.of(1, 1, new float[] {Float.NaN}));
    assertThrows(IllegalArgumentException.class, () -> Images.of(1, 1, new float[] {1.01f}));
    assertThrows(IllegalArgumentException.class, () -> images.withLabels(new int[] {1}));
    assertThrows(IllegalArgumentException.class, () -> images.withLabels(new int[] {1, 256}));
    assertThrows(IllegalArgumentException.class, () -> images.first(0));
    assertThrows(IndexOutOfBoundsException.class, () -> images.intensities(2));
    assertThrows(IndexOutOfBoundsException.class, () -> images.label(2));
  }

  @Test
  void imagesDoNotChangeWithTheArrayTheyWereMadeOf() {
    byte[] pixels = {0, 0};
    Images images = Images.of(1, 2, pixels);
    pixels[0] = 127;
    assertArrayEquals(new float[] {0, 0}, images.intensities(0));
  }

  @Test
  void aDeviceNeedsThreads() {
    assertThrows(IllegalArgumentException.class, () -> Device.cpu(0));
    assertThrows(IllegalArgumentException.class, () -> Device.cpu(Device.MAX_THREADS + 1));
  }
}
