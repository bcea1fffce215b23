#!/bin/sh
# Checks this machine's GPU within four minutes: `ganglion doctor`; every model of `ganglion bench --suite` on webgpu and on
# cuda against the CPU; images/s of both beside PyTorch eager on the same GPU, in turns; GPU memory. Says it line by line,
# and writes one JSON file (tests/gpu/report.ts is its schema), whole after every result: what was cut off is in it too.
#
#   tests/gpu/run.sh                                       on a machine with an NVIDIA GPU
#   tests/gpu/run.sh --devices webgpu --without-pytorch    with another one
#   tests/gpu/run.sh --software --models digits            without: on SwiftShader, to exercise this script
#
#   --out FILE          the report (default: gpu-report.json)
#   --budget SECONDS    of all parts together (default: 225); what is not reached by then is listed, and is no failure
#   --parts LIST        of doctor,agreement,speed (default: all)
#   --devices LIST      of webgpu,cuda (default: both)
#   --models WORDS      with commas, as the suite takes them (default: all, in an order whose first few are of all sizes)
#   --shard N           samples a phase and step (default: each model's own; 2 with --software)
#   --rounds N          turns of each system (default: 3), each of --turn-steps N (default: half a second's), after
#                       --warm-up N (default: 4)
#   --python FILE       a Python with PyTorch (default: python3); --without-pytorch: none
#   --unpack            only unpack what was copied here
#
# Exit code 0: on every device everything that was reached agrees, and was measured. 1: it does not, the reasons last; or
# there is no GPU, the reason first. 2: a flag is wrong.
#
# It needs Node, `npm ci` and `npm run build`; for cuda `ganglion setup cuda`, for webgpu libvulkan1, for the comparison a
# PyTorch that sees the GPU. On a machine that nothing else reaches, copy the working tree and what tests/gpu/pack.sh
# makes, one folder at a time, which this script unpacks into node_modules, dist and tests/gpu/carried/home.
set -eu
cd "$(dirname "$0")/../.."
carried=tests/gpu/carried
home=$carried/home

# Archives: whole ones, and those of which all pieces are here. Without xz, Python unpacks.
unpack() {
  echo "unpacking $1" >&2
  if command -v xz >/dev/null; then xz -dc | tar -xf -
  else python3 -c 'import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode="r|xz").extractall(".")'; fi
  touch "$home/$1.unpacked"
}
is_new() { [ ! -e "$home/$1.unpacked" ] || [ "$2" -nt "$home/$1.unpacked" ]; }

unpack_all() {
  for archive in "$carried"/*/*.tar.xz; do
    [ -e "$archive" ] || continue
    name=$(basename "$archive")
    if is_new "$name" "$archive"; then unpack "$name" <"$archive"; fi
  done
  for first in "$carried"/*/*.tar.xz.1of*; do
    [ -e "$first" ] || continue
    name=$(basename "${first%.1of*}")
    count=${first##*.1of}
    pieces=
    i=1
    while [ "$i" -le "$count" ]; do
      for piece in "$carried"/*/"$name.${i}of$count"; do if [ -e "$piece" ]; then pieces="$pieces $piece"; fi; done
      i=$((i + 1))
    done
    if [ "$(echo $pieces | wc -w)" -lt "$count" ]; then echo "$name: not all of its $count pieces are here yet" >&2
    elif is_new "$name" "$first"; then cat $pieces | unpack "$name"; fi
  done
}
# Where packages were installed, such as where the archives were made, they are left alone.
if [ ! -d node_modules ] || [ -e "$home/base.tar.xz.unpacked" ]; then unpack_all; fi
if [ "${1:-}" = --unpack ]; then exit 0; fi

node=node
if [ -x "$home/node" ]; then node=$home/node; fi
if ! command -v "$node" >/dev/null; then
  echo "there is no Node here: install it (20.19 or newer), or copy what tests/gpu/pack.sh makes" >&2
  exit 1
fi
if [ ! -d node_modules ]; then
  echo "there are no packages here: npm ci && npm run build, or copy what tests/gpu/pack.sh makes" >&2
  exit 1
fi

# Libraries of the system that came along, where it lacks them; and the driver's, where they lie beside the usual folders.
if [ -d "$home/libraries" ]; then
  mkdir -p "$home/lacking"
  known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
  for library in "$home"/libraries/*; do
    case $known in *"$(basename "$library") "*) ;; *) cp "$library" "$home/lacking/" ;; esac
  done
  export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$PWD/$home/lacking"
fi
for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do
  if [ -d "$folder" ]; then export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder"; fi
done
manifest=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "${VK_DRIVER_FILES:-}" ] && [ -e "$manifest" ] && ! ls /etc/vulkan/icd.d/nvidia* /usr/share/vulkan/icd.d/nvidia* >/dev/null 2>&1; then
  export VK_DRIVER_FILES="$manifest" VK_ICD_FILENAMES="$manifest"
fi

# ONNX Runtime for CUDA that came along, put together as `ganglion setup cuda` does, with NVIDIA's libraries of PyTorch's.
if [ -d "$home/onnxruntime" ]; then
  export GANGLION_ONNXRUNTIME="$PWD/$home/onnxruntime-cuda"
  if [ ! -e "$GANGLION_ONNXRUNTIME/installed.json" ]; then
    "$node" dist/deploy/cli.js setup cuda --onnxruntime "$home/onnxruntime" --no-nvidia >&2
    mkdir -p "$GANGLION_ONNXRUNTIME/nvidia"
    for folder in $(python3 -c 'import nvidia; print(*nvidia.__path__)' 2>/dev/null); do
      find -L "$folder" \( -name 'libcudart.so.*' -o -name 'libcublas*.so.*' -o -name 'libcurand.so.*' -o -name 'libcufft.so.*' \
        -o -name 'libnvrtc*.so.*' -o -name 'libnvJitLink.so.*' -o -name 'libcudnn*.so.*' \) \
        ! -name '*.alt.so.*' -exec ln -sf {} "$GANGLION_ONNXRUNTIME/nvidia/" \;
    done
    if [ -z "$(ls "$GANGLION_ONNXRUNTIME/nvidia")" ]; then
      rmdir "$GANGLION_ONNXRUNTIME/nvidia"
      echo "no libraries of NVIDIA's were found beside python3's PyTorch: cuda needs the system's, CUDA 13 and cuDNN 9" >&2
    fi
  fi
fi

exec "$node" node_modules/jiti/lib/jiti-cli.mjs tests/gpu/check.ts "$@"
