# stages.sh PROGRAM.mlir CASES.json: lowers the program to every stage and beyond, in different orders, runs the cases at
# each, and compares all results with those of the first stage, byte by byte.
set -e
source=$1 cases=$2
simplify='tcc-differentiate{entry=dense},func.func(tcc-simplify)'
loops="$simplify,tcc-form-kernels,tcc-lower-to-linalg,tcc-emit-loops"
stage() {
  tcc-opt "$source" --pass-pipeline="builtin.module($2)" -o program.mlir
  tcc-run program.mlir --batch="$cases" > log || { echo "$1:"; cat log; exit 1; }
  mkdir "$1"
  mv ./*.out.npy "$1"
  diff -r tensors "$1" && echo "$1: $(ls "$1" | wc -l) results"
}
stage tensors 'tcc-differentiate{entry=dense}'
stage simplified "$simplify"
stage kernels "$simplify,tcc-form-kernels"
stage planned-first "$simplify,tcc-form-kernels,tcc-plan-buffers"
stage linalg "$simplify,tcc-form-kernels,tcc-lower-to-linalg"
stage planned "$simplify,tcc-form-kernels,tcc-lower-to-linalg,tcc-plan-buffers"
stage loops "$loops"
stage math "$loops,tcc-expand-math"
stage planned-loops "$loops,tcc-expand-math,tcc-plan-buffers"
stage llvm "$loops,tcc-expand-math,tcc-plan-buffers,tcc-lower-kernels-to-llvm"
stage unplanned-llvm "$simplify,tcc-form-kernels,tcc-lower-to-linalg,tcc-lower-kernels-to-llvm"
stage planned-llvm "$simplify,tcc-form-kernels,tcc-lower-to-linalg,tcc-lower-kernels-to-llvm,tcc-plan-buffers"
stage pipeline 'tcc-differentiate{entry=dense},tcc-cpu-pipeline'
