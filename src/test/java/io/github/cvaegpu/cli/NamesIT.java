// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Names beyond ASCII under the packaged jar, in an environment without a locale. The JVM of the
 * tests may have none either, so a shell makes the names and looks for them.
 */
class NamesIT {
  private static final String JAVA = System.getProperty("java.home") + "/bin/java";

  private static final String ASCII =
      " holds bytes that this locale, which knows ASCII only, has no characters for: set"
          + " LC_ALL=C.UTF-8 in the environment, or another UTF-8 locale that \"locale -a\""
          + " lists.\n";

  /** In each script: u is a name, alone the start of a command line without any environment. */
  private static final String PRELUDE =
      """
      set -eu
      cd "$1"
      jar=$2
      java=$3
      u=$(printf 'm\\303\\274ller')
      alone="env -i PATH=$PATH JAVA_HOME=$JAVA_HOME CVAE_GPU_OFFLINE=1"
      tiny="--epochs 1 --batch 64 --hidden 8 --engine cpu --threads 1 --quiet"
      """;

  @TempDir private Path temp;

  @BeforeEach
  void writeImages() throws Exception {
    TinyImages.writeFolder(temp.resolve("images"), 1);
  }

  private RunningProcess.Result shell(String java, String script) throws Exception {
    var builder =
        new ProcessBuilder(
            List.of(
                "sh",
                "-c",
                PRELUDE + script,
                "sh",
                temp.toString(),
                new File(System.getProperty("cvaegpu.jar")).getAbsolutePath(),
                java));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return new RunningProcess(builder).await();
  }

  private static List<String> javas() {
    List<String> javas = new ArrayList<>(List.of(JAVA));
    File old = RunningProcess.findOldJava();
    if (old != null) {
      javas.add(old.getPath());
    }
    return javas;
  }

  @Test
  void namesGoThroughUnchanged() throws Exception {
    // The launcher's own test has each Java in each locale.
    List<String> javas = javas();
    for (int i = 0; i < javas.size(); i++) {
      String java = javas.get(i);
      String start =
          """
          mkdir -p "got/$u" && cd "got/$u"
          top=$PWD
          run="$alone LOCALE XDG_CACHE_HOME=$top/cache-$u CVAE_GPU_DATA=$top/images-$u"
          run="$run $java -jar $jar"
          """
              .replace("LOCALE", i == 0 ? "" : "LC_ALL=C")
              .replace("got", "got" + i);
      // Two scripts, because one would be long for a machine that is busy.
      String train =
          """
          cp -r "$1/images" "images $u" && cp -r "$1/images" "images-$u"
          $run train $tiny --data "images $u" --out="two/$u"
          mkdir "in $u" && cd "in $u"
          $run train $tiny --out here
          """;
      String goOn =
          """
          $run train --resume --out "two/$u" --epochs 2 --quiet --threads 1
          $run evaluate "two/$u" --images 8 --json >"$u.json"
          grep "/images $u\\"" "two/$u/run.json" >/dev/null
          grep "/images-$u\\"" "in $u/here/run.json" >/dev/null
          find . -name checkpoint.safetensors | LC_ALL=C sort
          ls | LC_ALL=C sort
          ls "cache-$u"
          """;
      RunningProcess.Result trained = shell(java, start + train);
      assertEquals(0, trained.code(), java + "\n" + trained.errors());
      RunningProcess.Result result = shell(java, start + goOn);
      assertEquals(0, result.code(), java + "\n" + result.text() + result.errors());
      assertEquals(
          """
          ./in müller/here/checkpoint.safetensors
          ./two/müller/checkpoint.safetensors
          cache-müller
          images müller
          images-müller
          in müller
          müller.json
          two
          cvae-gpu
          """,
          result.text(),
          java);
    }
  }

  @Test
  void withoutTheLauncherTheyAreRefused() throws Exception {
    String script =
        """
        direct="$java --enable-native-access=ALL-UNNAMED -cp $jar io.github.cvaegpu.cli.CvaeGpu"
        set +e
        $alone $direct train $tiny --data images --out "$u"
        echo $?
        $alone "CVAE_GPU_DATA=$PWD/$u" $direct data
        echo $?
        $alone "XDG_CACHE_HOME=/$u" $direct data path mnist
        echo $?
        $alone LC_ALL=C.UTF-8 $direct train $tiny --data images --out "$u"
        echo $?
        ls
        """;
    RunningProcess.Result result = shell(JAVA, script);
    assertEquals(
        "The argument \"m??ller\""
            + ASCII
            + "The environment variable CVAE_GPU_DATA with the value \""
            + temp
            + "/m??ller\""
            + ASCII
            + "The environment variable XDG_CACHE_HOME with the value \"/m??ller\""
            + ASCII,
        result.errors());
    assertEquals("2\n2\n2\n0\nimages\nmüller\n", result.text());
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() throws Exception {
    for (String java : javas()) {
      for (String locale : List.of("LC_ALL=C.UTF-8", "")) {
        String script =
            """
            bad=$(printf 'x\\377')
            set +e
            $alone LOCALE $java -jar $jar train $tiny --data images --out "$bad"
            echo $?
            $alone LOCALE "CVAE_GPU_DATA=/$bad" $java -jar $jar data
            echo $?
            ls
            """
                .replace("LOCALE", locale);
        RunningProcess.Result result = shell(java, script);
        String rest =
            " holds bytes that are not UTF-8, the encoding of this locale: give it a name that is,"
                + " or set LC_ALL to the locale of its name.\n";
        assertEquals(
            "The argument \"x?\""
                + rest
                + "The environment variable CVAE_GPU_DATA with the value \"/x?\""
                + rest,
            result.errors());
        assertEquals("2\n2\nimages\n", result.text());
      }
    }
  }

  @Test
  void theJarMayLieAnywhereInALocaleOfUtf8() throws Exception {
    for (String java : javas()) {
      String script =
          """
          rm -rf "jars $u" run && mkdir "jars $u" && cp "$jar" "jars $u/$u.jar"
          $alone LC_ALL=C.UTF-8 XDG_CACHE_HOME=$PWD/cache $java -jar "jars $u/$u.jar" \
              train $tiny --data images --out run
          ls run/checkpoint.safetensors
          """;
      RunningProcess.Result result = shell(java, script);
      assertEquals("run/checkpoint.safetensors\n", result.text(), result.errors());
    }
  }

  @Test
  void withoutALocaleJavaItselfRefusesSuchAJar() throws Exception {
    String script =
        """
        mkdir "jars $u" && cp "$jar" "jars $u/$u.jar"
        $alone $java -jar "jars $u/$u.jar" train $tiny --data images --out run || echo $?
        ls
        """;
    RunningProcess.Result result = shell(JAVA, script);
    assertEquals("1\nimages\njars müller\n", result.text());
    assertTrue(result.errors().startsWith("Error: "), result.errors());
  }

  @Test
  void aHomeBeyondAsciiIsWhereTheCacheIs() throws Exception {
    // Java asks for HOME only of users that the system does not know, and only root can be one.
    String who = "setpriv --reuid=54321 --regid=54321 --clear-groups";
    RunningProcess.Result may = shell(JAVA, who + " true");
    Assumptions.assumeTrue(may.code() == 0, "SKIPPED: this user cannot become one without a name");
    String script =
        """
        chmod 755 .
        mkdir "$u"
        chmod 777 "$u"
        $alone "HOME=$PWD/$u" WHO $java -jar $jar data path mnist
        """
            .replace("WHO", who);
    RunningProcess.Result result = shell(JAVA, script);
    assertEquals("", result.errors());
    assertEquals(temp + "/müller/.cache/cvae-gpu/mnist\n", result.text());
  }
}
