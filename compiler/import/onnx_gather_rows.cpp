// SPDX-License-Identifier: Apache-2.0
// Gather with indices that are data: rows of a table, such as the embedding of tokens.
#include "compiler/import/onnx_operators.h"

namespace gemel::compiler {
namespace {

void import_gather_rows(OnnxBuilder& builder) {
  const OnnxNode& node = builder.node();
  const OnnxTensor& table = builder.need_constant(node.input(0), "with indices that are data, the table");
  const std::string& indices = node.input(1);
  const OnnxType type = builder.type(indices);
  if (type != OnnxType::Int64 && type != OnnxType::Int32) {
    builder.fail("indices '" + indices + "' must be int64 or int32, not " + onnx_type_name(type));
  }
  const std::int64_t axis = node.int_or("axis", 0);
  const auto rank = static_cast<std::int64_t>(table.shape.size());
  if (rank == 0 || table.count() == 0) builder.fail("its table is empty");
  if (axis != 0 && axis != -rank) builder.fail("with indices that are data, expected axis 0");
  const std::int64_t rows = table.shape[0], width = table.count() / rows;
  const TensorId entries = builder.add_constant(node.input(0), {rows, width}, builder.need_bytes(table, "table"));
  const TensorId list = builder.plain(indices);
  if (rank == 2) {
    builder.plain_result(node.outputs[0], table.type, GatherRows{}, {list, entries});
    return;
  }
  Shape shape = builder.graph().tensor(list).shape;
  shape.insert(shape.end(), table.shape.begin() + 1, table.shape.end());
  const TensorId gathered = builder.add("rows", GatherRows{}, {list, entries});
  builder.plain_result(node.outputs[0], table.type, Reshape{shape}, {gathered});
}

}  // namespace

void import_any_gather(OnnxBuilder& builder) {
  if (builder.constant(builder.node().input(1))) {
    import_gather(builder);
  } else {
    import_gather_rows(builder);
  }
}

}  // namespace gemel::compiler
