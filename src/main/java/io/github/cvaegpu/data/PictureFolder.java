// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which pictures a folder has, of which classes: DIR/train/CLASS/x.png and DIR/test/CLASS/y.png, or
 * DIR/CLASS/x.png, or DIR/x.png without classes, which a part may be too. Names are in the order of
 * their UTF-16 codes, whatever the locale: "10" comes before "2".
 *
 * @param classes names of the classes, a label each; empty if there are none
 * @param train pictures to train on, or all
 * @param test held-out pictures; empty if the folder has no parts
 * @param warnings complete sentences
 */
record PictureFolder(
    List<String> classes, List<Entry> train, Optional<List<Entry>> test, List<String> warnings) {

  /**
   * A picture.
   *
   * @param file where it is
   * @param className the folder that it is in; empty if there are no classes
   */
  record Entry(Path file, String className) {}

  /** The names of both parts, which both have to be there: there are classes of those names. */
  private static final String TRAIN = "train";

  private static final String TEST = "test";

  private static final String LOOKED_FOR = "*.png, *.jpg, *.jpeg";

  /** Of a part in a folder, a class in it, and a picture in that. */
  private static final int DEEPEST = 3;

  /** What is in a folder, by kind and in order; hidden files are not. */
  private record Listing(Path folder, List<Path> pictures, List<Path> folders, List<Path> others) {
    static Listing of(Path folder) {
      var listing = new Listing(folder, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        for (Path file : files) {
          listing.add(file);
        }
      } catch (AccessDeniedException e) {
        throw new InputException(
            "The folder %s may not be read by this user.".formatted(folder), e);
      } catch (DirectoryIteratorException | IOException e) {
        throw new InputException(
            "The folder %s cannot be read (%s).".formatted(folder, e.getMessage()), e);
      }
      Comparator<Path> byName = Comparator.comparing(PictureFolder::name);
      listing.pictures.sort(byName);
      listing.folders.sort(byName);
      listing.others.sort(byName);
      return listing;
    }

    private void add(Path file) {
      if (name(file).startsWith(".")) {
        return;
      }
      if (Files.isDirectory(file)) {
        folders.add(file);
      } else if (PictureFile.Format.named(name(file)).isPresent()) {
        pictures.add(file);
      } else {
        others.add(file);
      }
    }

    Optional<Path> folder(String name) {
      return folders.stream().filter(path -> name(path).equals(name)).findFirst();
    }
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  /** Whether a folder has a picture where one can be. Folders that cannot be listed have none. */
  static boolean hasPictures(Path folder) {
    return hasPictures(folder, DEEPEST);
  }

  private static boolean hasPictures(Path folder, int depth) {
    List<Path> folders = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (name(file).startsWith(".")) {
          continue;
        }
        if (Files.isDirectory(file)) {
          folders.add(file);
        } else if (PictureFile.Format.named(name(file)).isPresent()) {
          return true;
        }
      }
    } catch (DirectoryIteratorException | IOException e) {
      return false;
    }
    return depth > 1 && folders.stream().anyMatch(inside -> hasPictures(inside, depth - 1));
  }

  /**
   * Lists a folder.
   *
   * @throws InputException if pictures are not where they can be, or a folder cannot be listed
   */
  static PictureFolder of(Path folder) {
    Listing top = Listing.of(folder);
    Optional<Path> train = top.folder(TRAIN);
    Optional<Path> test = top.folder(TEST);
    List<Path> unread = new ArrayList<>();
    SortedSet<String> classes = new TreeSet<>();
    if (train.isEmpty() || test.isEmpty()) {
      List<Entry> all = entries(top, unread, classes);
      return new PictureFolder(
          List.copyOf(classes), all, Optional.empty(), warnings(folder, unread));
    }
    unread.addAll(top.pictures());
    top.folders().stream()
        .filter(inside -> !inside.equals(train.get()) && !inside.equals(test.get()))
        .forEach(unread::add);
    unread.addAll(top.others());
    List<Entry> first = entries(Listing.of(train.get()), unread, classes);
    boolean hasClasses = !classes.isEmpty();
    List<Entry> second = entries(Listing.of(test.get()), unread, classes);
    if (hasClasses == second.getFirst().className().isEmpty()) {
      throw new InputException(
          "The folder %s has classes in one of %s and %s and none in the other: both need them, or"
                  .formatted(folder, TRAIN, TEST)
              + " neither.");
    }
    return new PictureFolder(
        List.copyOf(classes), first, Optional.of(second), warnings(folder, unread));
  }

  private static List<Entry> entries(Listing part, List<Path> unread, SortedSet<String> classes) {
    unread.addAll(part.others());
    if (!part.pictures().isEmpty()) {
      for (Path inside : part.folders()) {
        if (hasPictures(inside, 1)) {
          throw new InputException(
              ("The folder %s holds pictures, %s among them, beside folders of pictures, as %s: it"
                      + " takes a folder for each class, or none.")
                  .formatted(part.folder(), name(part.pictures().getFirst()), name(inside)));
        }
        unread.add(inside);
      }
      return part.pictures().stream().map(file -> new Entry(file, "")).toList();
    }
    if (part.folders().isEmpty()) {
      throw new InputException(
          "The folder %s holds no pictures: looked for %s.".formatted(part.folder(), LOOKED_FOR));
    }
    List<Entry> entries = new ArrayList<>();
    for (Path folder : part.folders()) {
      Listing one = Listing.of(folder);
      if (one.pictures().isEmpty()) {
        throw new InputException(noClass(part.folder(), one));
      }
      unread.addAll(one.folders());
      unread.addAll(one.others());
      classes.add(name(folder));
      one.pictures().forEach(file -> entries.add(new Entry(file, name(folder))));
    }
    return entries;
  }

  private static String noClass(Path parent, Listing folder) {
    return ("The folder %s holds %s, and each folder in %s is taken for a class: looked for %s;"
            + " test images of their own lie in %s beside %s.")
        .formatted(
            folder.folder(),
            folder.folders().isEmpty() ? "no pictures" : "folders and no pictures",
            parent,
            LOOKED_FOR,
            TEST,
            TRAIN);
  }

  private static List<String> warnings(Path folder, List<Path> unread) {
    if (unread.isEmpty()) {
      return List.of();
    }
    return List.of(
        String.format(
            Locale.ROOT,
            "Not everything in %s is a picture in its place; what is not read: %s%s.",
            folder,
            unread.getFirst(),
            unread.size() == 1
                ? ""
                : String.format(Locale.ROOT, " and %,d more", unread.size() - 1)));
  }
}
