// SPDX-License-Identifier: Apache-2.0
// node run_onnxruntime.js DIR [NAME ...]: runs models of models.py in ONNX Runtime; prints for each output a line
// "model output type dimensions bytes-in-hex".
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const kTypes = {'|i1': ['int8', Int8Array], '|u1': ['uint8', Uint8Array], '<f4': ['float32', Float32Array],
                '<i4': ['int32', Int32Array]};

function readNpy(file) {
  const bytes = fs.readFileSync(file);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  const [name, Array] = kTypes[header.match(/'descr': '([^']*)'/)[1]];
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(',').filter(s => s.trim()).map(Number);
  const data = bytes.subarray(10 + length);
  const copy = new Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  return new ort.Tensor(name, copy, shape);
}

async function main(directory, names) {
  const options = {graphOptimizationLevel: 'all', intraOpNumThreads: 1, logSeverityLevel: 3};
  for (const name of names) {
    const session = await ort.InferenceSession.create(path.join(directory, name + '.onnx'), options);
    const feeds = {};
    for (const input of session.inputNames) feeds[input] = readNpy(path.join(directory, `${name}.${input}.npy`));
    const results = await session.run(feeds);
    for (const output of session.outputNames) {
      const {type, dims, data} = results[output];
      const hex = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
      console.log(`${name} ${output} ${type} ${dims.join('x')} ${hex}`);
    }
  }
}

const [directory, ...chosen] = process.argv.slice(2);
const all = fs.readFileSync(path.join(directory, 'models.txt'), 'utf8').trim().split('\n');
main(directory, chosen.length ? chosen : all).catch(error => {
  console.error(String(error.message || error));
  process.exit(1);
});
