/* Of integers: what wraps goes through `unsigned`.

   Each function is a template: what is written in capitals is put in when it is printed (Helpers.swift). A function is all that
   stands between two blank lines. */

static TYPE abs_SUFFIX(TYPE x)
{
  return x < 0 ? (TYPE)(0u - (UNSIGNED)x) : x;
}

/* x / 0 is 0, and the least integer divided by -1 is itself. */
static TYPE div_SUFFIX(TYPE a, TYPE b)
{
  if (b == 0)
    return 0;
  return b == -1 ? (TYPE)(0u - (UNSIGNED)a) : a / b;
}

/* The remainder of a division that cuts; x % 0 is 0. */
static TYPE rem_SUFFIX(TYPE a, TYPE b)
{
  return b == 0 || b == -1 ? 0 : a % b;
}

/* Truncates; what TYPE cannot hold is clamped, NaN is 0. */
static TYPE f32_to_SUFFIX(float x)
{
  if (x != x)
    return 0;
  if (x <= -POWER_F32)
    return LEAST;
  return x >= POWER_F32 ? GREATEST : (TYPE)x;
}

/* Truncates; what TYPE cannot hold is clamped, NaN is 0. */
static TYPE f64_to_SUFFIX(double x)
{
  if (x != x)
    return 0;
  if (x <= -POWER_F64)
    return LEAST;
  return x >= POWER_F64 ? GREATEST : (TYPE)x;
}

/* What int cannot hold is clamped. */
static TYPE i64_to_SUFFIX(I64 x)
{
  if (x < LEAST)
    return LEAST;
  return x > GREATEST ? GREATEST : (TYPE)x;
}

static TYPE max_SUFFIX(TYPE a, TYPE b)
{
  return a > b ? a : b;
}

static TYPE min_SUFFIX(TYPE a, TYPE b)
{
  return a < b ? a : b;
}

static TYPE relu_SUFFIX(TYPE x)
{
  return x > 0 ? x : 0;
}

/* c[m,n] = a[m,k] b[k,n]; sums wrap. flags: 1 if a is stored transposed, 2 if b is, 4 to add to c. */
static void matmul_SUFFIX(int flags, INDEX m, INDEX n, INDEX k, const TYPE *a, INDEX lda, const TYPE *b,
  INDEX ldb, TYPE *c, INDEX ldc)
{
  const INDEX a_row = flags & 1 ? 1 : lda, a_col = flags & 1 ? lda : 1;
  const INDEX b_row = flags & 2 ? 1 : ldb, b_col = flags & 2 ? ldb : 1;
  INDEX i, j, p;
  for (i = 0; i < m; i++)
    for (j = 0; j < n; j++) {
      UNSIGNED sum = flags & 4 ? (UNSIGNED)c[i * ldc + j] : 0;
      for (p = 0; p < k; p++)
        sum += (UNSIGNED)a[i * a_row + p * a_col] * (UNSIGNED)b[p * b_row + j * b_col];
      c[i * ldc + j] = (TYPE)sum;
    }
}

/* Whether element i stands before element j: equal ones keep their order, NaN is greater than any number. */
static int argsort_before_SUFFIX(const TYPE *a, INDEX inner, int descending, I32 i, I32 j)
{
  const TYPE x = a[i * inner], y = a[j * inner];
  if (x < y)
    return !descending;
  if (x > y)
    return descending;
  return i < j;
}
