// Names for the bits of the numbers that the tile primitives take; see adjoint_primitives.def.
#ifndef ADJOINT_TILE_MASKS_H
#define ADJOINT_TILE_MASKS_H

/// `columns`: the operand, first, second or third, has one value a row.
enum { COLUMN_A = 1, COLUMN_B = 2, COLUMN_C = 4 };

/// adj_triangular_solve's flags: the lower triangle of a is read; its transpose is the matrix.
enum { SOLVE_LOWER = 1, SOLVE_TRANSPOSED = 2 };

#endif
