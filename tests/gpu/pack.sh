#!/bin/sh
# Packs what tests/gpu/run.sh needs on a machine that nothing else reaches, into tests/gpu/carried (which git ignores).
#
#   tests/gpu/pack.sh [--cuda [--libraries FOLDER] [--architecture 90]] [--limit 64]
#
#   --limit MIB            what may be copied there at a time, the working tree included (default: 64); archives are cut to it
#   --cuda                 ONNX Runtime for CUDA too, from `ganglion setup cuda` here, without NVIDIA's libraries: run.sh takes
#                          those of a PyTorch there (the wheels nvidia-*, CUDA 13 and cuDNN 9)
#   --libraries FOLDER     the same from the lib folder of an unpacked ONNX Runtime for GPUs (or of the wheel onnxruntime-gpu)
#   --architecture NUMBER  of its machine code only what a GPU of this compute capability runs (90 is 9.0): a third of the size
#
# It needs a build, git, tar and xz, and prints the sizes; it fails where a piece would be over the limit.
set -eu
cd "$(dirname "$0")/../.."
exec node node_modules/jiti/lib/jiti-cli.mjs tests/gpu/pack/pack.ts "$@"
