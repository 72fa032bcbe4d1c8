// SPDX-License-Identifier: Apache-2.0
// node run_onnxruntime.js MODEL INPUTS OUTPUTS: runs MODEL in ONNX Runtime on the files INPUTS/NAME.npy and writes
// OUTPUTS/NAME.npy; a '/' in a name is '_'.
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const kTypes = {
  '|i1': ['int8', Int8Array], '|u1': ['uint8', Uint8Array], '<f4': ['float32', Float32Array],
  '<i4': ['int32', Int32Array], '<i8': ['int64', BigInt64Array]
};

const fileOf = (directory, name) => path.join(directory, name.replace(/\//g, '_') + '.npy');

function readNpy(file) {
  const bytes = fs.readFileSync(file);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  const [name, Array] = kTypes[header.match(/'descr': '([^']*)'/)[1]];
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(',').filter(s => s.trim()).map(Number);
  const data = bytes.subarray(10 + length);
  return new ort.Tensor(name, new Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)), shape);
}

function writeNpy(file, {type, dims, data}) {
  const descr = Object.keys(kTypes).find(key => kTypes[key][0] === type);
  let header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims.join(', ')}${dims.length === 1 ? ',' : ''}), }`;
  header += ' '.repeat(63 - (10 + header.length) % 64) + '\n';
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY\x01\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  fs.writeFileSync(file, Buffer.concat([start, Buffer.from(header, 'latin1'),
                                        Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

async function main(model, inputs, outputs) {
  // On x86 it leaves operators between int8 DequantizeLinear and QuantizeLinear in float, unless it is told otherwise.
  const extra = {session: {qdqisint8allowed: '1'}};
  const options = {graphOptimizationLevel: 'all', intraOpNumThreads: 1, logSeverityLevel: 3, extra};
  const session = await ort.InferenceSession.create(model, options);
  const feeds = {};
  for (const name of session.inputNames) feeds[name] = readNpy(fileOf(inputs, name));
  const results = await session.run(feeds);
  for (const name of session.outputNames) writeNpy(fileOf(outputs, name), results[name]);
}

main(...process.argv.slice(2)).catch(error => {
  console.error(String(error.message || error));
  process.exit(1);
});
