// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.lang.foreign.MemorySegment;

/**
 * One product {@code C = op(A) op(B)} of row-major float matrices; C is overwritten.
 *
 * @param transposeA whether op(A) is A transposed
 * @param transposeB whether op(B) is B transposed
 * @param m rows of op(A) and C
 * @param n columns of op(B) and C
 * @param k columns of op(A), rows of op(B)
 * @param a first element of A
 * @param lda floats from one row of A to the next
 * @param b first element of B
 * @param ldb floats from one row of B to the next
 * @param c first element of C
 * @param ldc floats from one row of C to the next
 */
public record Sgemm(
    boolean transposeA,
    boolean transposeB,
    int m,
    int n,
    int k,
    MemorySegment a,
    int lda,
    MemorySegment b,
    int ldb,
    MemorySegment c,
    int ldc) {}
