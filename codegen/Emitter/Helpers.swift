/// The C functions that generated code may bring with it, each printed only where it is used.
enum Helpers {
  /// The functions of `math.h` that helpers call.
  static let calls = [
    "sigmoid_f32": ["expf", "fabsf"],
    "sigmoid_f64": ["exp", "fabs"],
  ]

  /// The text of a helper.
  static func text(_ name: String) -> String {
    guard let mark = name.lastIndex(of: "_") else { return "" }
    let suffix = String(name[name.index(after: mark)...])
    let base = String(name[..<mark])
    if suffix == "i32", let text = integer[base] { return text }
    let type = ["f32": "float", "f64": "double", "i32": "int", "b8": "unsigned char"][suffix] ?? suffix
    let end = suffix == "f32" ? "f" : ""
    let (zero, one) = suffix == "f32" || suffix == "f64" ? ("0.0" + end, "1.0" + end) : ("0", "1")
    return (template[base] ?? "").replacing("TYPE", with: type).replacing("SUFFIX", with: suffix)
      .replacing("ZERO", with: zero).replacing("ONE", with: one).replacing("exp(", with: "exp\(end)(")
      .replacing("fabs(", with: "fabs\(end)(")
  }

  private static let template = [
    "sign": """
    static TYPE sign_SUFFIX(TYPE x)
    {
      return x > ZERO ? ONE : (x < ZERO ? -ONE : x);
    }
    """,
    "relu": """
    /* NaN stays NaN. */
    static TYPE relu_SUFFIX(TYPE x)
    {
      return x > ZERO ? x : (x != x ? x : ZERO);
    }
    """,
    "max": """
    static TYPE max_SUFFIX(TYPE a, TYPE b)
    {
      return a > b || a != a ? a : b;
    }
    """,
    "min": """
    static TYPE min_SUFFIX(TYPE a, TYPE b)
    {
      return a < b || a != a ? a : b;
    }
    """,
    "sigmoid": """
    /* Right in both tails: exp is never asked for a large number. */
    static TYPE sigmoid_SUFFIX(TYPE x)
    {
      const TYPE e = exp(-fabs(x));
      return (x >= ZERO ? ONE : e) / (ONE + e);
    }
    """,
    "matmul": """
    /* c[m,n] = a[m,k] b[k,n] with the k products of an element added in order.
       flags: 1 if a is stored transposed, 2 if b is. */
    static void matmul_SUFFIX(int flags, long m, long n, long k, const TYPE *a, long lda, const TYPE *b,
      long ldb, TYPE *c, long ldc)
    {
      const long a_row = flags & 1 ? 1 : lda, a_col = flags & 1 ? lda : 1;
      const long b_row = flags & 2 ? 1 : ldb, b_col = flags & 2 ? ldb : 1;
      long i, j, p;
      for (i = 0; i < m; i++) {
        for (j = 0; j < n; j++)
          c[i * ldc + j] = ZERO;
        for (p = 0; p < k; p++) {
          const TYPE x = a[i * a_row + p * a_col];
          for (j = 0; j < n; j++)
            c[i * ldc + j] += x * b[p * b_row + j * b_col];
        }
      }
    }
    """,
    "scatter_add_rows": """
    /* An index outside the table is clamped; the result says whether there was one. */
    static int scatter_add_rows_SUFFIX(long count, const int *indices, long table_rows, long row_size,
      const TYPE *updates, TYPE *out)
    {
      int clamped = 0;
      long i, j;
      for (i = 0; i < count; i++) {
        long row = indices[i];
        if (row < 0 || row >= table_rows) {
          row = row < 0 ? 0 : table_rows - 1;
          clamped = 1;
        }
        for (j = 0; j < row_size; j++)
          out[row * row_size + j] += updates[i * row_size + j];
      }
      return clamped;
    }
    """,
    "gather_rows": """
    /* An index outside the table is clamped; the result says whether there was one. */
    static int gather_rows_SUFFIX(long count, const int *indices, long table_rows, long row_size,
      const TYPE *table, TYPE *out)
    {
      int clamped = 0;
      long i, j;
      for (i = 0; i < count; i++) {
        long row = indices[i];
        if (row < 0 || row >= table_rows) {
          row = row < 0 ? 0 : table_rows - 1;
          clamped = 1;
        }
        for (j = 0; j < row_size; j++)
          out[i * row_size + j] = table[row * row_size + j];
      }
      return clamped;
    }
    """,
  ]

  /// Integers: what wraps goes through `unsigned`.
  private static let integer = [
    "abs": """
    static int abs_i32(int x)
    {
      return x < 0 ? (int)(0u - (unsigned)x) : x;
    }
    """,
    "div": """
    /* x / 0 is 0, and the least integer divided by -1 is itself. */
    static int div_i32(int a, int b)
    {
      if (b == 0)
        return 0;
      return b == -1 ? (int)(0u - (unsigned)a) : a / b;
    }
    """,
    "f32_to": """
    /* Truncates; what int cannot hold is clamped, NaN is 0. */
    static int f32_to_i32(float x)
    {
      if (x != x)
        return 0;
      if (x <= -2147483648.0f)
        return -2147483647 - 1;
      return x >= 2147483648.0f ? 2147483647 : (int)x;
    }
    """,
    "f64_to": """
    /* Truncates; what int cannot hold is clamped, NaN is 0. */
    static int f64_to_i32(double x)
    {
      if (x != x)
        return 0;
      if (x <= -2147483648.0)
        return -2147483647 - 1;
      return x >= 2147483647.0 ? 2147483647 : (int)x;
    }
    """,
    "max": """
    static int max_i32(int a, int b)
    {
      return a > b ? a : b;
    }
    """,
    "min": """
    static int min_i32(int a, int b)
    {
      return a < b ? a : b;
    }
    """,
    "relu": """
    static int relu_i32(int x)
    {
      return x > 0 ? x : 0;
    }
    """,
    "matmul": """
    /* c[m,n] = a[m,k] b[k,n]; sums wrap. flags: 1 if a is stored transposed, 2 if b is. */
    static void matmul_i32(int flags, long m, long n, long k, const int *a, long lda, const int *b,
      long ldb, int *c, long ldc)
    {
      const long a_row = flags & 1 ? 1 : lda, a_col = flags & 1 ? lda : 1;
      const long b_row = flags & 2 ? 1 : ldb, b_col = flags & 2 ? ldb : 1;
      long i, j, p;
      for (i = 0; i < m; i++)
        for (j = 0; j < n; j++) {
          unsigned sum = 0;
          for (p = 0; p < k; p++)
            sum += (unsigned)a[i * a_row + p * a_col] * (unsigned)b[p * b_row + j * b_col];
          c[i * ldc + j] = (int)sum;
        }
    }
    """,
    "scatter_add_rows": """
    /* An index outside the table is clamped; the result says whether there was one. Sums wrap. */
    static int scatter_add_rows_i32(long count, const int *indices, long table_rows, long row_size,
      const int *updates, int *out)
    {
      int clamped = 0;
      long i, j;
      for (i = 0; i < count; i++) {
        long row = indices[i];
        if (row < 0 || row >= table_rows) {
          row = row < 0 ? 0 : table_rows - 1;
          clamped = 1;
        }
        for (j = 0; j < row_size; j++)
          out[row * row_size + j] =
            (int)((unsigned)out[row * row_size + j] + (unsigned)updates[i * row_size + j]);
      }
      return clamped;
    }
    """,
  ]
}
