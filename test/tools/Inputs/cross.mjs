// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls every entry of the artifact of cross.mlir, cross.wasm, and prints its numbers, one a line, as cross.c does.
import { readFileSync } from 'node:fs';

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
if (WebAssembly.Module.imports(module).length > 0)
  throw new Error('the module imports something');
const wasm = new WebAssembly.Instance(module).exports;
wasm._initialize();

// The views are made anew each time: memory may have grown.
const place = (Type, values) => {
  const at = wasm.malloc(values.length * Type.BYTES_PER_ELEMENT);
  new Type(wasm.memory.buffer, at, values.length).set(values);
  return at;
};
const room = (Type, count) => place(Type, new Type(count));
const text = (at) => {
  const bytes = new Uint8Array(wasm.memory.buffer);
  return new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
};
const check = (status) => {
  if (status !== 0)
    throw new Error(text(wasm.cross_error()));
};
const print = (Type, at, count, stride = 1) => {
  const values = new Type(wasm.memory.buffer, at, count);
  for (let i = 0; i < count; i += stride)
    console.log(values[i].toPrecision(Type === Float32Array ? 7 : 14));
};
const sequence = (count, f) => Array.from({ length: count }, (_, i) => f(i));

const [rows, inner, columns, terms] = [9, 17, 13, 20011];
const y = room(Float32Array, 37);
check(wasm.cross_gelu(place(Float32Array, sequence(37, (i) => (i - 18) / 4)), y));
print(Float32Array, y, 37);
const f = Math.fround;
const a = place(Float32Array, sequence(rows * inner, (i) => f(f(i % 7) / 3) - 1));
const b = place(Float32Array, sequence(inner * columns, (i) => f(f(i % 5) / 7) - 0.25));
const c = room(Float32Array, rows * columns);
check(wasm.cross_product(a, BigInt(rows), BigInt(inner), b, BigInt(inner), BigInt(columns), c));
print(Float32Array, c, rows * columns);
check(wasm.cross_small(a, b, c));
print(Float32Array, c, 21);
const spectrum = room(Float64Array, 16);
check(wasm.cross_spectrum(place(Float64Array, sequence(15, (i) => (i * i) % 11)), spectrum));
print(Float64Array, spectrum, 16);
const values = place(Float64Array, sequence(terms, (i) => (i % 1001) / 1001));
const sum = room(Float64Array, 1), gradient = room(Float64Array, terms);
check(wasm.cross_loss(values, BigInt(terms), sum));
check(wasm.cross_loss_vjp(values, BigInt(terms), place(Float64Array, [1]), gradient));
print(Float64Array, sum, 1);
print(Float64Array, gradient, terms, 1000);
for (const failing of [
  () => wasm.cross_product(a, BigInt(rows), BigInt(inner), b, BigInt(columns), BigInt(inner), c),
  () => wasm.cross_eigenvalues(place(Float64Array, [2, 0, 0, 4]), room(Float64Array, 4)),
]) {
  if (failing() === 0)
    throw new Error('expected an error');
  console.error(text(wasm.cross_error()));
}
