/* Of elements of any type, or of all types of numbers.

   Each function is a template: what is written in capitals is put in when it is printed (Helpers.swift). A function is all that
   stands between two blank lines. */

static TYPE sign_SUFFIX(TYPE x)
{
  return x > ZERO ? ONE : (x < ZERO ? -ONE : x);
}

/* out[o][k][i] = table[o][indices[o][k][i]][i].
   An index outside the table is clamped; the result says whether there was one. */
static int gather_SUFFIX(INDEX outer, INDEX table_rows, INDEX count, INDEX inner, const TYPE *table,
  const I32 *indices, TYPE *out)
{
  int clamped = 0;
  INDEX o, k, i;
  for (o = 0; o < outer; o++, table += table_rows * inner)
    for (k = 0; k < count; k++)
      for (i = 0; i < inner; i++) {
        INDEX row = *indices++;
        if (row < 0 || row >= table_rows) {
          row = row < 0 ? 0 : table_rows - 1;
          clamped = 1;
        }
        *out++ = table[row * inner + i];
      }
  return clamped;
}

/* An index outside the table is clamped; the result says whether there was one. */
static int gather_rows_SUFFIX(INDEX count, INDEX table_rows, INDEX row_size, const TYPE *table,
  const I32 *indices, TYPE *out)
{
  int clamped = 0;
  INDEX i, j;
  for (i = 0; i < count; i++) {
    INDEX row = indices[i];
    if (row < 0 || row >= table_rows) {
      row = row < 0 ? 0 : table_rows - 1;
      clamped = 1;
    }
    for (j = 0; j < row_size; j++)
      out[i * row_size + j] = table[row * row_size + j];
  }
  return clamped;
}

/* rows x columns from (row, column) on of a matrix whose rows and columns each step along several axes.
   form: how many axes make rows, how many columns, extents of rows, their strides, the same for columns. */
static void pack_SUFFIX(const INDEX *form, INDEX row, INDEX rows, INDEX column, INDEX columns, const TYPE *a,
  TYPE *strip)
{
  const INDEX *axes = form + 2, *inner = axes + 2 * form[0];
  INDEX i, j, x, axis;
  for (i = row; i < row + rows; i++)
    for (j = column; j < column + columns; j++) {
      const TYPE *from = a;
      for (x = i, axis = form[0] - 1; axis >= 0; x /= axes[axis], axis--)
        from += x % axes[axis] * axes[axis + form[0]];
      for (x = j, axis = form[1] - 1; axis >= 0; x /= inner[axis], axis--)
        from += x % inner[axis] * inner[axis + form[1]];
      *strip++ = *from;
    }
}

/* An index outside the table is clamped; the result says whether there was one. */
static int scatter_add_rows_SUFFIX(INDEX count, INDEX table_rows, INDEX row_size, const TYPE *updates,
  const I32 *indices, TYPE *out)
{
  int clamped = 0;
  INDEX i, j;
  for (i = 0; i < count; i++) {
    INDEX row = indices[i];
    if (row < 0 || row >= table_rows) {
      row = row < 0 ? 0 : table_rows - 1;
      clamped = 1;
    }
    for (j = 0; j < row_size; j++)
      out[row * row_size + j] = SUM(out[row * row_size + j], updates[i * row_size + j]);
  }
  return clamped;
}

/* out[o][indices[o][k][i]][i] += updates[o][k][i].
   An index outside the table is clamped; the result says whether there was one. */
static int scatter_add_SUFFIX(INDEX outer, INDEX table_rows, INDEX count, INDEX inner, const TYPE *updates,
  const I32 *indices, TYPE *out)
{
  int clamped = 0;
  INDEX o, k, i;
  for (o = 0; o < outer; o++, out += table_rows * inner)
    for (k = 0; k < count; k++)
      for (i = 0; i < inner; i++, updates++) {
        INDEX row = *indices++;
        TYPE *to;
        if (row < 0 || row >= table_rows) {
          row = row < 0 ? 0 : table_rows - 1;
          clamped = 1;
        }
        to = out + row * inner + i;
        *to = SUM(*to, *updates);
      }
  return clamped;
}

/* Adds a strip to where pack_SUFFIX would read it. */
static void add_strip_SUFFIX(const INDEX *form, INDEX row, INDEX rows, INDEX column, INDEX columns,
  const TYPE *strip, TYPE *out)
{
  const INDEX *axes = form + 2, *inner = axes + 2 * form[0];
  INDEX i, j, x, axis;
  for (i = row; i < row + rows; i++)
    for (j = column; j < column + columns; j++, strip++) {
      TYPE *to = out;
      for (x = i, axis = form[0] - 1; axis >= 0; x /= axes[axis], axis--)
        to += x % axes[axis] * axes[axis + form[0]];
      for (x = j, axis = form[1] - 1; axis >= 0; x /= inner[axis], axis--)
        to += x % inner[axis] * inner[axis + form[1]];
      *to = SUM(*to, *strip);
    }
}

/* Each of the count elements combined with all before it, or after it. */
static void cumsum_SUFFIX(INDEX outer, INDEX count, INDEX inner, int reverse, const TYPE *a, TYPE *out)
{
  const INDEX step = reverse ? -inner : inner, first = reverse ? (count - 1) * inner : 0;
  INDEX o, k, i;
  for (o = 0; o < outer; o++) {
    const TYPE *x = a + o * count * inner + first;
    TYPE *y = out + o * count * inner + first;
    for (i = 0; i < inner; i++)
      y[i] = x[i];
    for (k = 1; k < count; k++) {
      x += step;
      y += step;
      for (i = 0; i < inner; i++)
        y[i] = SUM(y[i - step], x[i]);
    }
  }
}

/* Each of the count elements combined with all before it, or after it. */
static void cumprod_SUFFIX(INDEX outer, INDEX count, INDEX inner, int reverse, const TYPE *a, TYPE *out)
{
  const INDEX step = reverse ? -inner : inner, first = reverse ? (count - 1) * inner : 0;
  INDEX o, k, i;
  for (o = 0; o < outer; o++) {
    const TYPE *x = a + o * count * inner + first;
    TYPE *y = out + o * count * inner + first;
    for (i = 0; i < inner; i++)
      y[i] = x[i];
    for (k = 1; k < count; k++) {
      x += step;
      y += step;
      for (i = 0; i < inner; i++)
        y[i] = PRODUCT(y[i - step], x[i]);
    }
  }
}

/* Heapsort; as no two elements are equal, the order is that of a stable sort. */
static void argsort_SUFFIX(INDEX outer, INDEX count, INDEX inner, int descending, const TYPE *values, I32 *indices)
{
  INDEX o;
  for (o = 0; o < outer * inner; o++) {
    const TYPE *a = values + o / inner * count * inner + o % inner;
    I32 *out = indices + o / inner * count * inner + o % inner;
    INDEX start = count / 2, end = count, k;
    for (k = 0; k < count; k++)
      out[k * inner] = (I32)k;
    while (end > 1) {
      INDEX hole, child;
      I32 moved;
      if (start > 0) {
        start--;
        moved = out[start * inner];
      } else {
        end--;
        moved = out[end * inner];
        out[end * inner] = out[0];
      }
      hole = start;
      for (child = 2 * hole + 1; child < end; child = 2 * hole + 1) {
        if (child + 1 < end
            && argsort_before_SUFFIX(a, inner, descending, out[child * inner], out[(child + 1) * inner]))
          child++;
        if (!argsort_before_SUFFIX(a, inner, descending, moved, out[child * inner]))
          break;
        out[hole * inner] = out[child * inner];
        hole = child;
      }
      out[hole * inner] = moved;
    }
  }
}

/* For each of m values its place among n sorted numbers: behind all that are less and, with right, equal ones. */
static void search_sorted_SUFFIX(INDEX batch, INDEX n, INDEX m, int right, const TYPE *sorted,
  const TYPE *values, I32 *out)
{
  INDEX j;
  for (; batch > 0; batch--, sorted += n, values += m, out += m)
    for (j = 0; j < m; j++) {
      INDEX low = 0, high = n;
      while (low < high) {
        const INDEX middle = low + (high - low) / 2;
        const TYPE x = right ? sorted[middle] : values[j], y = right ? values[j] : sorted[middle];
        const int greater = GREATER(x, y);
        if (greater != right)
          low = middle + 1;
        else
          high = middle;
      }
      out[j] = (I32)low;
    }
}

/* Philox 4x32-10: block after block of four words. */
static void random_bits_SUFFIX(INDEX count, INDEX stream, const I64 *key, TYPE *out)
{
  INDEX i = 0, block;
  for (block = 0; i < count; block++) {
    U32 k0 = (U32)key[0], k1 = (U32)((U64)key[0] >> 32);
    U32 x[4];
    int j;
    x[0] = (U32)block;
    x[1] = (U32)stream;
    x[2] = (U32)key[1];
    x[3] = (U32)((U64)key[1] >> 32);
    for (j = 0; j < 10; j++) {
      const U64 p = 3528531795ul * x[0], q = 3449720151ul * x[2];
      x[0] = (U32)(q >> 32) ^ x[1] ^ k0;
      x[1] = (U32)q;
      x[2] = (U32)(p >> 32) ^ x[3] ^ k1;
      x[3] = (U32)p;
      k0 += 2654435769u;
      k1 += 3144134277u;
    }
    for (j = 0; j < 4 && i < count; j += WORDS)
      out[i++] = VALUE;
  }
}
