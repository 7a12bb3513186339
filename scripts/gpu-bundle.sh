#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes one archive that checks and measures cvae-gpu on a Linux x86-64 machine with an NVIDIA GPU, where the
# time is short and nothing can be installed. It needs nothing there but the driver and cuBLAS (of CUDA 12 or
# 13): a Java runtime, the program, its tests, MNIST and the benchmarks are inside. There:
#
#   tar xf gpu-bundle.tar.xz || python3 -m tarfile -e gpu-bundle.tar.xz
#   gpu-bundle/run.sh --minutes 4      # does it work, and how fast is a step
#   gpu-bundle/run.sh --minutes 9      # the rest about one model
#   gpu-bundle/run.sh --minutes 5      # many models at once
#
# Usage: scripts/gpu-bundle.sh [--data DIR] [--out FILE] [--limit MIB] [--no-build]
#   --data      a folder with MNIST's four files, to be carried along; without it run.sh has to be given one
#   --out       where to write the archive; its ending, .tar.xz or .tar.gz, says how it is compressed; default
#               target/gpu-bundle.tar.xz
#   --limit     what the archive and the files that git knows or does not ignore may come to together: where one
#               travels, the other does; default 64
#   --no-build  takes target/ as the last build left it

set -eu
cd "$(dirname "$0")/.."

# Of the archive alone.
most_mib=40

data=
out=target/gpu-bundle.tar.xz
limit=64
build=yes

refuse() {
  echo "gpu-bundle.sh: $1" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case "$1" in
    --data | --out | --limit) [ $# -gt 1 ] || refuse "$1 needs a value" ;;
  esac
  case "$1" in
    --data)
      data=$2
      shift 2
      ;;
    --out)
      out=$2
      shift 2
      ;;
    --limit)
      limit=$2
      shift 2
      ;;
    --no-build)
      build=
      shift
      ;;
    -h | --help)
      sed -n '/^# Usage:/,/^$/s/^# \{0,1\}//p' scripts/gpu-bundle.sh
      exit 0
      ;;
    *)
      refuse "unknown option $1"
      ;;
  esac
done

# Before anything is built.
if [ -n "$data" ]; then
  for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    [ -f "$data/$name-ubyte" ] || [ -f "$data/$name-ubyte.gz" ] ||
      refuse "$data has no $name-ubyte, plain or .gz: --data takes a folder with MNIST's four files"
  done
fi

fail() {
  echo "gpu-bundle.sh: $1" >&2
  exit 1
}

# Building takes minutes, so what can be refused is refused now.
case "$limit" in
  *[!0-9]* | 0* | '' | ????????*) refuse "--limit must be a whole number of MiB from 1 to 9999999, not '$limit'" ;;
esac
case "$out" in
  *.tar.xz) ending=.tar.xz ;;
  *.tar.gz) ending=.tar.gz ;;
  *) refuse "--out must end in .tar.xz or .tar.gz, and $out does not" ;;
esac
[ ! -d "$out" ] || refuse "$out is a folder, and --out takes a file"
out_folder=$(dirname "$out")
mkdir -p target
{ [ -d "$out_folder" ] && [ -w "$out_folder" ]; } ||
  refuse "$out cannot be written: $out_folder is no folder that can be written to"

# The JDK whose runtime is carried: as new as the program needs, wherever Maven would find it too.
jdk() {
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
    if [ -n "$home" ] && [ -x "$home/bin/jlink" ] && grep -q '^JAVA_VERSION="\(2[5-9]\|[3-9][0-9]\)' "$home/release"; then
      echo "$home"
      return
    fi
  done
  fail "no JDK 25 or newer with jlink: install one, or set JAVA_HOME to it"
}

# repack FROM TO: a jar without what other systems need and what figures and pages are made with.
# Stored, for the archive is compressed as a whole.
repack() {
  rm -rf target/gpu-jar
  mkdir target/gpu-jar
  from=$PWD/$1
  (
    cd target/gpu-jar
    "$jdk/bin/jar" --extract --file "$from"
    rm -rf org/jline/nativ org/apache/batik org/apache/xmlgraphics org/apache/commons org/knowm \
      META-INF/resources
  )
  "$jdk/bin/jar" --create --no-compress --file "$2" --manifest target/gpu-jar/META-INF/MANIFEST.MF \
    -C target/gpu-jar .
  rm -rf target/gpu-jar
}

# Images of the rehearsal, whose pixels are as good as any: the characters of a text.
rehearsal_images() {
  printf '\000\000\010\003\000\000\000%b\000\000\000\034\000\000\000\034' "\\0$(printf %o "$1")"
  head -c $(($1 * 784)) LICENSE
}
rehearsal_labels() {
  printf '\000\000\010\001\000\000\000%b' "\\0$(printf %o "$1")"
  head -c "$1" /dev/zero
}

# expect NAME PLAN...: the losses of the first epoch on the CPU engine, which the GPU's are compared with.
expect() {
  name=$1
  shift
  rm -rf target/gpu-expected
  "$jdk/bin/java" -XX:+UseSerialGC \
    -jar target/cvae-gpu.jar train --engine cpu --threads 2 --epochs 1 --lr 0.001 --quiet \
    --out target/gpu-expected "$@" 2>target/gpu-expected.txt || {
    cat target/gpu-expected.txt >&2
    fail "the CPU engine could not train what the GPU is to be compared with"
  }
  cp target/gpu-expected/metrics.csv "$stage/expected/$name.csv"
}

jdk=$(jdk)
stage=target/gpu-bundle
# An earlier archive stays until this one is whole.
part=$out_folder/.gpu-bundle-$$$ending
trap 'rm -f "$part"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$stage"
mkdir -p "$stage/lib" "$stage/bench" "$stage/expected" "$stage/rehearsal" "$stage/test-data" "$stage/kernels"

[ -z "$build" ] || mvn -q -DskipTests package
for built in target/cvae-gpu.jar target/test-classes; do
  test -e "$built" || fail "there is no $built: build it first"
done
test -f target/classes/io/github/cvaegpu/kernels/kernels.fatbin ||
  echo "gpu-bundle.sh: without nvcc the kernels are not compiled; the other machine needs NVRTC" >&2

"$jdk/bin/jlink" --output "$stage/runtime" --strip-debug --no-header-files --no-man-pages \
  --compress zip-0 --add-modules \
  java.base,java.logging,java.management,java.net.http,java.xml,jdk.management,jdk.unsupported,jdk.zipfs \
  2>target/jlink.txt || {
  cat target/jlink.txt >&2
  fail "jlink failed"
}
if command -v strip >/dev/null; then
  chmod u+w "$stage"/runtime/lib/*.so "$stage"/runtime/lib/server/*.so
  strip --strip-unneeded "$stage"/runtime/lib/*.so "$stage"/runtime/lib/server/*.so
fi
repack target/cvae-gpu.jar "$stage/cvae-gpu.jar"

# Tests, and what runs them without Maven, in the version that Maven runs them with.
version=$(sed -n 's:.*<junit.version>5\.\(.*\)</junit.version>.*:1.\1:p' pom.xml)
mvn -q dependency:copy -DoutputDirectory="$PWD/target/gpu-lib" \
  -Dartifact="org.junit.platform:junit-platform-console-standalone:$version"
repack "target/gpu-lib/junit-platform-console-standalone-$version.jar" "$stage/lib/junit.jar"
cp -r target/test-classes "$stage/test-classes"
cp -r test-data/golden "$stage/test-data/golden"

cp bench/peers.py bench/machine.py bench/gpu_side_by_side.py bench/foundations.cu "$stage/bench/"
cp kernels/*.cu kernels/*.cuh "$stage/kernels/"
cp scripts/gpu-run.sh "$stage/run.sh"
cp scripts/gpu-steps.sh "$stage/steps.sh"
git rev-parse --short HEAD >"$stage/commit"
test -z "$(git status --porcelain)" || echo "and changes" >>"$stage/commit"

rehearsal_images 12 >"$stage/rehearsal/train-images-idx3-ubyte"
rehearsal_images 4 >"$stage/rehearsal/t10k-images-idx3-ubyte"
rehearsal_labels 12 >"$stage/rehearsal/train-labels-idx1-ubyte"
rehearsal_labels 4 >"$stage/rehearsal/t10k-labels-idx1-ubyte"
echo "--batch 4 --hidden 12,5" >"$stage/rehearsal/plan"
# shellcheck disable=SC2046 # The options are words.
expect rehearsal --data "$stage/rehearsal" $(cat "$stage/rehearsal/plan")
if [ -n "$data" ]; then
  mkdir "$stage/mnist"
  for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    if [ -f "$data/$name-ubyte.gz" ]; then
      gzip -dc "$data/$name-ubyte.gz" >"$stage/mnist/$name-ubyte"
    else
      cp "$data/$name-ubyte" "$stage/mnist/"
    fi
  done
  expect study --data "$stage/mnist"
fi

XZ_OPT="-6 -T0" tar caf "$part" -C target gpu-bundle

size=$(wc -c <"$part")
tree=$(git ls-files -z --cached --others --exclude-standard | xargs -0 stat -c %s 2>/dev/null | awk '{ s += $1 } END { print s }')
echo "$out: $size bytes, and $tree in the files that travel with it"
[ "$size" -le $((most_mib << 20)) ] || fail "the archive is larger than $most_mib MiB"
[ $((size + tree)) -le $((limit << 20)) ] ||
  fail "the archive and the tree come to more than $limit MiB: take files out of the tree, or give another --limit"
mv "$part" "$out"
