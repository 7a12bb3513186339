#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes one archive that checks and measures cvae-gpu on a Linux x86-64 machine with an NVIDIA GPU, and
# needs nothing there but the driver and cuBLAS (of CUDA 12 or 13): a Java runtime, the program, its tests
# and the benchmarks are inside. There:
#
#   tar xzf gpu-bundle.tar.gz && gpu-bundle/run.sh
#
# Usage: scripts/gpu-bundle.sh [--data DIR] [--out FILE]
#   --data  a folder with MNIST's four files, to be carried along; without it run.sh has to be given one
#   --out   where to write the archive; default target/gpu-bundle.tar.gz

set -eu
cd "$(dirname "$0")/.."

data=
out=target/gpu-bundle.tar.gz
while [ $# -gt 0 ]; do
  case "$1" in
    --data)
      data=$2
      shift 2
      ;;
    --out)
      out=$2
      shift 2
      ;;
    *)
      echo "gpu-bundle.sh: unknown option $1" >&2
      exit 2
      ;;
  esac
done

fail() {
  echo "gpu-bundle.sh: $1" >&2
  exit 1
}

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

command -v zip >/dev/null || fail "zip is missing: install it"
jdk=$(jdk)
stage=target/gpu-bundle
rm -rf "$stage" "$out"
mkdir -p "$stage/lib" "$stage/bench"

mvn -q -DskipTests package
test -f target/classes/io/github/cvaegpu/kernels/kernels.fatbin ||
  echo "gpu-bundle.sh: without nvcc the kernels are not compiled; the other machine needs NVRTC" >&2

"$jdk/bin/jlink" --output "$stage/runtime" --strip-debug --no-header-files --no-man-pages \
  --compress zip-9 --add-modules \
  java.base,java.logging,java.management,java.net.http,java.xml,jdk.incubator.vector,jdk.management,jdk.unsupported,jdk.zipfs \
  2>target/jlink.txt || {
  cat target/jlink.txt >&2
  fail "jlink failed"
}

# The program without what other systems need, and without what figures and pages are made with.
cp target/cvae-gpu.jar "$stage/cvae-gpu.jar"
zip -q -d "$stage/cvae-gpu.jar" 'org/bytedeco/openblas/linux-arm64/*' \
  'org/jline/nativ/Windows/*' 'org/jline/nativ/Mac/*' 'org/jline/nativ/FreeBSD/*' \
  'org/apache/batik/*' 'org/apache/xmlgraphics/*' 'org/apache/commons/*' 'org/knowm/*' \
  'de/bwaldvogel/*' 'META-INF/resources/*'

# Tests, and what runs them without Maven, in the version that Maven runs them with.
version=$(sed -n 's:.*<junit.version>5\.\(.*\)</junit.version>.*:1.\1:p' pom.xml)
mvn -q dependency:copy -DoutputDirectory="$PWD/$stage/lib" \
  -Dartifact="org.junit.platform:junit-platform-console-standalone:$version"
cp -r target/test-classes "$stage/test-classes"
cp -r test-data "$stage/test-data"

cp bench/peers.py bench/machine.py bench/gpu_side_by_side.py bench/foundations.cu "$stage/bench/"
cp scripts/gpu-run.sh "$stage/run.sh"
git rev-parse --short HEAD >"$stage/commit"
test -z "$(git status --porcelain)" || echo "and changes" >>"$stage/commit"
if [ -n "$data" ]; then
  mkdir "$stage/mnist"
  for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    cp "$data/$name"-ubyte* "$stage/mnist/"
  done
fi

tar czf "$out" -C target gpu-bundle
size=$(wc -c <"$out")
echo "$out: $((size / 1000000)) MB"
[ "$size" -lt 60000000 ] || fail "the archive is larger than 60 MB"
