/* Of floating-point numbers.

   Each function is a template: what is written in capitals is put in when it is printed (Helpers.swift). A function is all that
   stands between two blank lines. */

/* NaN stays NaN. */
static TYPE relu_SUFFIX(TYPE x)
{
  return x > ZERO ? x : (x != x ? x : ZERO);
}

static TYPE max_SUFFIX(TYPE a, TYPE b)
{
  return a > b || a != a ? a : b;
}

static TYPE min_SUFFIX(TYPE a, TYPE b)
{
  return a < b || a != a ? a : b;
}

/* Right in both tails: exp is never asked for a large number. */
static TYPE sigmoid_SUFFIX(TYPE x)
{
  const TYPE e = EXP(-FABS(x));
  return (x >= ZERO ? ONE : e) / (ONE + e);
}

/* c[m,n] = a[m,k] b[k,n] with the k products of an element added in order.
   flags: 1 if a is stored transposed, 2 if b is, 4 to add to what c holds. */
static void matmul_SUFFIX(int flags, INDEX m, INDEX n, INDEX k, const TYPE *a, INDEX lda, const TYPE *b,
  INDEX ldb, TYPE *c, INDEX ldc)
{
  const INDEX a_row = flags & 1 ? 1 : lda, a_col = flags & 1 ? lda : 1;
  const INDEX b_row = flags & 2 ? 1 : ldb, b_col = flags & 2 ? ldb : 1;
  INDEX i, j, p;
  for (i = 0; i < m; i++) {
    for (j = 0; j < n && !(flags & 4); j++)
      c[i * ldc + j] = ZERO;
    for (p = 0; p < k; p++) {
      const TYPE x = a[i * a_row + p * a_col];
      for (j = 0; j < n; j++)
        c[i * ldc + j] += x * b[p * b_row + j * b_col];
    }
  }
}

/* l l^T = a for each of batch matrices, l lower triangular; the lower triangle of a is read.
   The result says whether one was not positive definite. */
static int cholesky_SUFFIX(INDEX batch, INDEX n, const TYPE *a, TYPE *l)
{
  int failed = 0;
  INDEX i, j, k;
  for (; batch > 0; batch--, a += n * n, l += n * n)
    for (i = 0; i < n; i++)
      for (j = 0; j < n; j++) {
        TYPE rest = j <= i ? a[i * n + j] : ZERO;
        for (k = 0; k < j && j <= i; k++)
          rest -= l[i * n + k] * l[j * n + k];
        if (i == j && !(rest > ZERO))
          failed = 1;
        l[i * n + j] = i == j ? SQRT(rest) : (j < i ? rest / l[j * n + j] : ZERO);
      }
  return failed;
}

/* a x = b for each of batch matrices, with one triangle of a.
   flags: 1 if that is the lower one, 2 if it is stored transposed. The result says whether a was singular. */
static int triangular_solve_SUFFIX(INDEX batch, INDEX n, INDEX m, int flags, const TYPE *a, const TYPE *b,
  TYPE *x)
{
  const INDEX row = flags & 2 ? 1 : n, col = flags & 2 ? n : 1;
  const int down = flags == 1 || flags == 2;
  int failed = 0;
  INDEX s, i, j, t;
  for (; batch > 0; batch--, a += n * n, b += n * m, x += n * m)
    for (s = 0; s < n; s++) {
      i = down ? s : n - 1 - s;
      for (j = 0; j < m; j++)
        x[i * m + j] = b[i * m + j];
      for (t = 0; t < s; t++) {
        const INDEX k = down ? t : n - 1 - t;
        for (j = 0; j < m; j++)
          x[i * m + j] -= a[i * row + k * col] * x[k * m + j];
      }
      if (a[i * n + i] == ZERO)
        failed = 1;
      for (j = 0; j < m; j++)
        x[i * m + j] /= a[i * n + i];
    }
  return failed;
}

/* Whether element i stands before element j: equal ones keep their order, NaN is greater than any number. */
static int argsort_before_SUFFIX(const TYPE *a, INDEX inner, int descending, I32 i, I32 j)
{
  const TYPE x = a[i * inner], y = a[j * inner];
  if (x < y)
    return !descending;
  if (x > y)
    return descending;
  if ((x != x) != (y != y))
    return descending ? x != x : y != y;
  return i < j;
}
