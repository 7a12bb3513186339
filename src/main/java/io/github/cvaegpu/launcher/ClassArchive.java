// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The program's classes as a JVM has them in memory, kept for the next start: an archive of the
 * JVM's class-data sharing, in the user's cache.
 *
 * <p>The first run of a command leaves one, for what another command loads is not what this one
 * does. Where that run fails, at a wrong option say, what it leaves is the archive of the command's
 * questions ({@code train --help}), which load about the same. Runs of the command then start with
 * that, and the one after the first that succeeds makes the command's own: to make one takes longer
 * than a start does, and most that is made in a run that fails would be for nothing.
 *
 * <p>The name of its file holds the states of the jar and of the JDK, so either of the two replaced
 * means another file, and the old one is deleted; the JVM itself checks the same and more before it
 * takes an archive. The name holds the file's length too: a JVM that finds one damaged starts
 * without the JDK's own archive as well, which takes longer than to have none, so one that is cut
 * off or has lost its beginning is not shown to it. An archive is written under another name and
 * renamed: nobody sees half. What a month of starts did not need is deleted.
 *
 * <p>An archive is code, so it is kept only where nobody else can put one, as {@code
 * foreign.OwnFolder} does for libraries; this package has to do without that one's Java 25. Where
 * that is not so, or anything else is in the way, the program starts without.
 */
final class ClassArchive {
  private static final int OTHERS_WRITE = 0022;
  private static final int STICKY = 01000;

  /** Words in a user's own JVM options that are about the same, and not to be meddled with. */
  private static final String[] USERS_OWN = {"-Xshare", "Archive", "AOT", "-Xlog", "agent"};

  private static final String[] OPTION_VARIABLES = {
    JvmFlags.OPTIONS_VARIABLE, "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"
  };

  private static final String SUFFIX = ".jsa";
  private static final int LONGEST_COMMAND = 12;
  private static final long HOUR_MILLIS = 3_600_000;
  private static final long DAY_MILLIS = 24 * HOUR_MILLIS;
  private static final long MONTH_MILLIS = 30 * DAY_MILLIS;

  /** Most exit codes of a program that ended by itself: its archive is whole. */
  private static final int LAST_OF_ITS_OWN = 3;

  /** The first bytes of an archive that lies on top of the JDK's, on a little-endian machine. */
  private static final byte[] MAGIC = {(byte) 0xa8, (byte) 0xab, 0x0b, (byte) 0xf0};

  private static final String QUESTION = "-help";

  private final File folder;

  /** What the file's name begins with: the command or its questions. */
  private final String command;

  /** What the name goes on with, whatever the states of jar and JDK. */
  private final String names;

  /** What it goes on with then. */
  private final String states;

  /** An earlier run's; null where this run makes one. */
  private final File found;

  private ClassArchive(File folder, String command, String names, String states)
      throws IOException {
    this.folder = folder;
    this.command = command;
    this.names = names;
    this.states = states;
    File own = find(command);
    found = own != null || wanted().exists() ? own : find(questions());
  }

  /**
   * The archive for a start.
   *
   * @param java the binary that runs the program
   * @param classPath the jar as it was named
   * @param args the program's
   * @return null where there can be none
   */
  static ClassArchive of(
      File java, String classPath, String[] args, Map<String, String> environment) {
    String command = command(args);
    if (command == null) {
      return null;
    }
    try {
      File jar = new File(classPath).getCanonicalFile();
      if (!jar.isFile() || hasUsersOwn(environment)) {
        return null;
      }
      Path folder = folder(environment);
      if (folder == null || folder.toString().indexOf(File.pathSeparatorChar) >= 0) {
        return null;
      }
      File home = java.getCanonicalFile().getParentFile().getParentFile();
      // The JVM compares the name of the jar too.
      long names = hash(hash(hash(1, jar.getPath()), classPath), home.getPath());
      long states = state(state(1, jar), new File(home, "lib/modules"));
      return new ClassArchive(
          folder.toFile(), command, Long.toHexString(names), Long.toHexString(states));
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  /** The archive of the command's questions; of questions, that is the same one. */
  private String questions() {
    return command.endsWith("help") ? command : command.concat(QUESTION);
  }

  /** What files of a command, or of its questions, begin with. */
  private String prefix(String of) {
    return of.concat("-").concat(names).concat("-");
  }

  /** What this run makes. */
  private File made() {
    String pid = Long.toString(ProcessHandle.current().pid());
    return new File(folder, prefix(command).concat(states).concat(".").concat(pid));
  }

  /** Is there when the command has succeeded without an archive of its own. */
  private File wanted() {
    return new File(folder, prefix(command).concat(states).concat(".wanted"));
  }

  /** What a file's name can begin with; null where the first word is no command's. */
  private static String command(String[] args) {
    boolean isQuestion = JvmFlags.isQuestion(args);
    if (isQuestion && (args.length == 0 || args[0].startsWith("-"))) {
      return "help";
    }
    String word = args[0];
    for (int i = 0; i < word.length(); i++) {
      if (word.charAt(i) < 'a' || word.charAt(i) > 'z') {
        return null;
      }
    }
    if (word.isEmpty() || word.length() > LONGEST_COMMAND) {
      return null;
    }
    return isQuestion ? word.concat(QUESTION) : word;
  }

  /** An archive that is whole, or null. */
  private File find(String of) throws IOException {
    String beginning = prefix(of).concat(states).concat("-");
    String[] all = folder.list();
    if (all != null) {
      for (String name : all) {
        File file = new File(folder, name);
        if (name.startsWith(beginning)
            && name.equals(beginning.concat(Long.toHexString(file.length())).concat(SUFFIX))
            && beginsAsOne(file)) {
          return file;
        }
      }
    }
    return null;
  }

  private static boolean beginsAsOne(File file) throws IOException {
    try (InputStream in = new FileInputStream(file)) {
      return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
    }
  }

  private static boolean hasUsersOwn(Map<String, String> environment) {
    for (String variable : OPTION_VARIABLES) {
      String options = environment.get(variable);
      if (options != null) {
        for (String word : USERS_OWN) {
          if (options.contains(word)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** What the JVM is told of it, and to say nothing about it: it runs as well without. */
  List<String> flags() {
    String quiet = "-Xlog:cds*=off,aot*=off";
    return found == null
        ? List.of("-XX:ArchiveClassesAtExit=".concat(made().getPath()), quiet)
        : List.of("-XX:SharedArchiveFile=".concat(found.getPath()), quiet);
  }

  /** After the run: keeps what it left, or says that there is to be something. */
  void finish(int exitCode) {
    try {
      if (found != null) {
        long now = System.currentTimeMillis();
        if (found.lastModified() < now - DAY_MILLIS) {
          found.setLastModified(now);
        }
        if (exitCode == 0 && !found.getName().startsWith(prefix(command))) {
          wanted().createNewFile();
        }
        return;
      }
      boolean isWanted = wanted().delete();
      File made = made();
      String of = exitCode == 0 ? command : questions();
      boolean isOfUse = exitCode == 0 || (exitCode <= LAST_OF_ITS_OWN && !isWanted);
      if (isOfUse && made.isFile() && beginsAsOne(made)) {
        String length = Long.toHexString(made.length());
        String name = prefix(of).concat(states).concat("-").concat(length).concat(SUFFIX);
        Files.move(made.toPath(), new File(folder, name).toPath(), StandardCopyOption.ATOMIC_MOVE);
        deleteOthers(prefix(of), name);
      }
      Files.deleteIfExists(made.toPath());
    } catch (IOException e) {
      // The next start does without.
      return;
    }
  }

  /** Archives that are damaged, of a jar or a JDK that was replaced, and what is long unused. */
  private void deleteOthers(String prefix, String kept) throws IOException {
    String[] all = folder.list();
    if (all == null) {
      return;
    }
    long now = System.currentTimeMillis();
    for (String name : all) {
      File other = new File(folder, name);
      long age = now - other.lastModified();
      boolean isInTheMaking = !name.endsWith(SUFFIX) && age < HOUR_MILLIS;
      boolean isReplaced = name.startsWith(prefix) && !name.equals(kept) && !isInTheMaking;
      if (isReplaced || age > MONTH_MILLIS) {
        Files.deleteIfExists(other.toPath());
      }
    }
  }

  /** The folder, made if need be; null where others could write to it. */
  private static Path folder(Map<String, String> environment) throws IOException {
    String cache = environment.get("XDG_CACHE_HOME");
    String home = System.getProperty("user.home", "");
    Path base;
    if (cache != null && cache.startsWith("/")) {
      base = Path.of(cache);
    } else if (home.startsWith("/") && home.length() > 1) {
      base = Path.of(home, ".cache");
    } else {
      return null;
    }
    Path folder = base.resolve("cvae-gpu").resolve("classes");
    if (!folder.toFile().isDirectory()) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Path real = folder.toRealPath();
    return isClosedToOthers(real) && real.toFile().canWrite() ? real : null;
  }

  /** Looks at a folder and all above it. */
  private static boolean isClosedToOthers(Path folder) throws IOException {
    // The link is root's, what it leads to this process's.
    Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    for (Path part = folder; part != null; part = part.getParent()) {
      Map<String, Object> found =
          Files.readAttributes(part, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
      int mode = (Integer) found.get("mode");
      boolean isTrusted = found.get("uid").equals(user) || found.get("uid").equals(0);
      // What is in a sticky folder only its owner can rename.
      boolean isSticky = (mode & STICKY) != 0 && part != folder;
      if (!isTrusted || ((mode & OTHERS_WRITE) != 0 && !isSticky)) {
        return false;
      }
    }
    return true;
  }

  private static long state(long seed, File file) {
    return (seed * 31 + file.length()) * 0x100000001b3L + file.lastModified();
  }

  private static long hash(long seed, String text) {
    long hash = seed;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
