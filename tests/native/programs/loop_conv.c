// SPDX-License-Identifier: Apache-2.0
// LOOP_CONV_WS: padding, strides, kernel dilation, bias or none, ReLU, pooling, several images, orders of weights and
// output, turned weights, downsampling, pixels packed into rows, dilated input, one channel at a time.
#include "accelerator.h"
#include "loops.h"

enum { MOST = 12 };
static elem_t in[2 * MOST * MOST * 2 * DIM], weights[9 * 2 * DIM * 2 * DIM], out[2 * MOST * MOST * 2 * DIM];
static acc_t bias[2 * DIM];

// Pixel of the input as the convolution sees it.
static int pixel(const conv_loop* l, int n, int row, int col, int channel) {
  if (l->input_dilated) {
    if (row < 0 || col < 0 || row % 2 || col % 2) return 0;
    row /= 2, col /= 2;
  }
  if (row < 0 || col < 0 || row >= l->in_dim || col >= l->in_dim) return 0;
  if (l->trans_in) return in[((channel * l->in_dim + row) * l->in_dim + col) * l->batch + n];
  return in[((n * l->in_dim + row) * l->in_dim + col) * l->in_channels + channel];
}

static int weight(const conv_loop* l, int row, int col, int from, int to) {
  const int k = l->kernel_dim, ic = l->in_channels, oc = l->out_channels;
  if (l->rotate_weights) row = k - 1 - row, col = k - 1 - col;
  if (l->trans_weights_1203) return weights[((from * k + row) * k + col) * oc + to];
  if (l->trans_weights_0132) return weights[((row * k + col) * oc + to) * ic + from];
  return weights[((row * k + col) * ic + from) * oc + to];
}

static int result(const conv_loop* l, float scale, int n, int row, int col, int to) {
  long long sum = l->no_bias ? 0 : l->bias[to];
  for (int r = 0; r < l->kernel_dim; ++r)
    for (int c = 0; c < l->kernel_dim; ++c)
      for (int from = 0; from < l->in_channels; ++from)
        sum += pixel(l, n, row * l->stride + r * l->kernel_dilation - l->padding,
                     col * l->stride + c * l->kernel_dilation - l->padding, from) *
               weight(l, r, c, from, to);
  return ACC_SCALE(l->activation && sum < 0 ? 0 : sum, scale);
}

static void run(conv_loop l) {
  const float scale = 0.02f;
  l.input = in, l.weights = weights, l.output = out;
  l.bias = bias;
  if (l.kernel_dilation == 0) l.kernel_dilation = 1;
  if (l.stride == 0) l.stride = 1;
  if (l.batch == 0) l.batch = 1;
  if (l.pixels == 0) l.pixels = 1;
  const int in_dim = l.input_dilated ? 2 * l.in_dim - 1 : l.in_dim;
  l.out_dim = (in_dim + 2 * l.padding - (l.kernel_dilation * (l.kernel_dim - 1) + 1)) / l.stride + 1;
  l.no_pool = l.pool_size == 0;
  if (!l.no_pool) l.pool_out_dim = (l.out_dim + 2 * l.pool_padding - l.pool_size) / l.pool_stride + 1;
  memset(out, 99, sizeof out);
  CONFIG_EX(WEIGHT_STATIONARY, 0, 0, l.stride >> l.downsample, l.input_dilated ? 2 : 1, l.trans_in,
            l.trans_weights_0132)
  CONFIG_ST((l.trans_out ? l.batch : 1) * l.out_channels, l.activation, float_bits(scale))
  loop_conv(&l);
  // No fence: convolutions of the library have none either.
  const int side = l.no_pool ? l.out_dim : l.pool_out_dim;
  for (int n = 0; n < l.batch; ++n)
    for (int row = 0; row < side; ++row)
      for (int col = 0; col < side; ++col)
        for (int to = 0; to < l.out_channels; ++to) {
          int expected = -128;
          if (l.no_pool) {
            expected = result(&l, scale, n, row, col, to);
          } else {
            for (int w = 0; w < l.pool_size * l.pool_size; ++w) {
              const int r = row * l.pool_stride - l.pool_padding + w / l.pool_size;
              const int c = col * l.pool_stride - l.pool_padding + w % l.pool_size;
              const int outside = r < 0 || c < 0 || r >= l.out_dim || c >= l.out_dim;
              const int value = outside ? 0 : result(&l, scale, n, r, c, to);
              if (value > expected) expected = value;
            }
          }
          const int at = l.trans_out ? ((row * side + col) * l.batch + n) * l.out_channels + to
                                     : ((n * side + row) * side + col) * l.out_channels + to;
          CHECK_AT(out[at], expected, row * side + col, to);
        }
  FENCE();
}

int main(void) {
  fill_int8(in, sizeof in);
  fill_int8(weights, sizeof weights);
  fill_int32(bias, 2 * DIM, 2000);
  const int many = DIM + 3;
  run((conv_loop){.in_dim = 5, .in_channels = DIM, .out_channels = DIM, .kernel_dim = 1});
  run((conv_loop){
      .in_dim = 6, .in_channels = many, .out_channels = many, .kernel_dim = 3, .padding = 1, .activation = 1});
  run((conv_loop){
      .in_dim = 7, .in_channels = 5, .out_channels = 7, .kernel_dim = 3, .stride = 2, .padding = 1, .batch = 2});
  run((conv_loop){
      .in_dim = 9, .in_channels = 4, .out_channels = DIM, .kernel_dim = 3, .kernel_dilation = 2, .padding = 2});
  run((conv_loop){.in_dim = 6, .in_channels = 6, .out_channels = many, .kernel_dim = 3, .padding = 1, .no_bias = 1});
  run((conv_loop){.in_dim = 8,
                  .in_channels = 6,
                  .out_channels = DIM,
                  .kernel_dim = 3,
                  .padding = 1,
                  .pool_size = 2,
                  .pool_stride = 2,
                  .activation = 1});
  run((conv_loop){.in_dim = 7,
                  .in_channels = 6,
                  .out_channels = many,
                  .kernel_dim = 3,
                  .padding = 1,
                  .pool_size = 3,
                  .pool_stride = 2,
                  .pool_padding = 1});
  run((conv_loop){
      .in_dim = 5, .in_channels = 6, .out_channels = 9, .kernel_dim = 3, .padding = 1, .rotate_weights = 1});
  run((conv_loop){
      .in_dim = 5, .in_channels = many, .out_channels = 9, .kernel_dim = 3, .padding = 1, .trans_weights_1203 = 1});
  run((conv_loop){
      .in_dim = 5, .in_channels = 6, .out_channels = many, .kernel_dim = 3, .padding = 1, .trans_weights_0132 = 1});
  run((conv_loop){
      .in_dim = 5, .in_channels = 6, .out_channels = 9, .kernel_dim = 3, .padding = 1, .batch = 2, .trans_out = 1});
  run((conv_loop){
      .in_dim = 4, .in_channels = 6, .out_channels = 9, .kernel_dim = 3, .padding = 1, .batch = 2, .trans_in = 1});
  run((conv_loop){
      .in_dim = 8, .in_channels = many, .out_channels = DIM, .kernel_dim = 1, .stride = 2, .downsample = 1});
  run((conv_loop){.in_dim = 4, .in_channels = 6, .out_channels = 9, .kernel_dim = 3, .padding = 1, .input_dilated = 1});
#if DIM >= 9
  run((conv_loop){
      .in_dim = 9, .in_channels = 3, .out_channels = DIM, .kernel_dim = 3, .stride = 2, .padding = 1, .pixels = 3});
#endif
  run((conv_loop){.in_dim = 6, .in_channels = 1, .out_channels = 1, .kernel_dim = 3, .padding = 1, .depthwise = 1});
  DONE();
}
