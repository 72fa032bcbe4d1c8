// SPDX-License-Identifier: Apache-2.0
// Behind accelerator.h: the loop instructions, in the layout of Gemmini v0.7.1; with GEMMINI_2025 in that of September
// 2025.
#pragma once

#define WORDS(w3, w2, w1, w0) ((uint64_t)(w3) << 48 | (uint64_t)(w2) << 32 | (uint64_t)(w1) << 16 | (uint64_t)(w0))

// Blocks and what is missing in the last of each; strides in elements.
#define LOOP_WS(i, j, k, pad_i, pad_j, pad_k, a, b, d, c, a_stride, b_stride, d_stride, c_stride, a_transpose,         \
                b_transpose, full_c, low_d, accumulate, activation)                                                    \
  ISSUE(WORDS(0, pad_k, pad_j, pad_i), WORDS(0, k, j, i), 9)                                                           \
  ISSUE(a, b, 10)                                                                                                      \
  ISSUE(d, c, 11)                                                                                                      \
  ISSUE(a_stride, b_stride, 12)                                                                                        \
  ISSUE(d_stride, c_stride, 13)                                                                                        \
  ISSUE((uint64_t)(activation) << 8 | (low_d) << 2 | (full_c) << 1 | (accumulate), (b_transpose) << 1 | (a_transpose), \
        8)

typedef struct {
  int batch, in_dim, in_channels, out_channels, out_dim, pool_out_dim, stride, padding;
  int kernel_dim, pool_size, pool_stride, pool_padding;
  int kernel_dilation;
  const elem_t* input;
  const elem_t* weights;
  const acc_t* bias;
  elem_t* output;
  int no_bias, rotate_weights, trans_out, trans_weights_1203, trans_weights_0132, trans_in, depthwise, pixels;
  int no_pool, downsample, input_dilated, activation;
  int weights_id, input_id;  // later layout only: halves of the scratchpad
} conv_loop;

// The whole convolution as one tile.
static inline void loop_conv(const conv_loop* l) {
  const int pooled = l->no_pool ? l->out_dim : l->pool_out_dim;
  const int reach = l->kernel_dilation * (l->kernel_dim - 1) + 1;
  const int in_dim = l->in_dim + (l->input_dilated ? l->in_dim - 1 : 0);
  int low = l->out_dim * l->stride + reach - 1 - l->padding - in_dim;  // as the machine counts its rows
  if (low < 0) low = 0;
#ifdef GEMMINI_2025
  ISSUE(WORDS(l->out_channels, l->in_channels, l->in_dim, l->batch),
        (uint64_t)l->padding << 56 | (uint64_t)l->stride << 48 | WORDS(0, l->out_dim, pooled, l->out_dim), 16)
  ISSUE(WORDS(l->kernel_dim, pooled, l->pool_size, l->pool_stride << 8 | l->pool_padding),
        WORDS(l->batch, pooled, pooled, l->out_channels), 17)
  ISSUE(WORDS(l->kernel_dim, l->kernel_dim, l->in_channels, l->padding),
        WORDS(low, l->padding, low << 8 | l->pool_padding, l->in_dim), 18)
  ISSUE(WORDS(l->out_dim, l->pool_padding, 0, 0) | (uint64_t)l->pool_padding << 21 | (uint64_t)l->pool_padding << 10 |
            (uint64_t)l->kernel_dilation,
        WORDS(l->trans_in ? l->batch : l->in_channels, l->trans_weights_0132 ? l->in_channels : l->out_channels,
              l->out_channels, l->out_dim),
        19)
#else
  ISSUE(WORDS(l->out_channels, l->in_channels, l->in_dim, l->batch),
        WORDS(l->padding, l->stride, l->no_pool ? l->out_dim : l->pool_out_dim, l->out_dim), 16)
  ISSUE(WORDS(l->kernel_dim, l->pool_size, l->pool_stride, l->pool_padding),
        WORDS(l->batch, pooled, pooled, l->out_channels), 17)
  ISSUE(WORDS(l->kernel_dim, l->kernel_dim, l->in_channels, l->padding), WORDS(low, l->padding, low, l->pool_padding),
        18)
  ISSUE(WORDS(l->out_dim, l->pool_padding, l->pool_padding, l->pool_padding),
        WORDS(0, 0, l->kernel_dilation, l->out_dim), 19)
#endif
  ISSUE(l->weights, l->output, 20)
  ISSUE(l->bias, l->input, 21)
  ISSUE((uint64_t)l->input_id << 18 | (uint64_t)l->weights_id << 16 | (uint64_t)l->pixels << 8 | l->depthwise << 6 |
            l->trans_in << 5 | l->trans_weights_0132 << 4 | l->trans_weights_1203 << 3 | l->trans_out << 2 |
            l->rotate_weights << 1 | l->no_bias,
        (uint64_t)l->activation << 3 | l->input_dilated << 2 | l->downsample << 1 | l->no_pool, 15)
}
