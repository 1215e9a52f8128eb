/// The C functions that generated code may bring with it, each printed only where it is used.
enum Helpers {
  /// The functions of `math.h` that helpers call.
  static let calls = [
    "sigmoid_f32": ["expf", "fabsf"],
    "sigmoid_f64": ["exp", "fabs"],
    "cholesky_f32": ["sqrtf"],
    "cholesky_f64": ["sqrt"],
  ]

  /// The text of a helper.
  static func text(_ name: String) -> String {
    guard let mark = name.lastIndex(of: "_") else { return "" }
    let suffix = String(name[name.index(after: mark)...])
    let base = String(name[..<mark])
    let type =
      ["f32": "float", "f64": "double", "i32": "int", "i64": "long", "b8": "unsigned char"][suffix] ?? suffix
    if let text = SamplingHelpers.templates[name] {
      return text.replacing("TYPE", with: type).replacing("SUFFIX", with: suffix)
    }
    if suffix == "i32" || suffix == "i64", let text = integer[base] {
      // Wide constants would overflow their type in C.
      let (least, greatest) =
        suffix == "i32"
        ? ("-2147483647 - 1", "2147483647") : ("-9223372036854775807L - 1", "9223372036854775807L")
      let power = suffix == "i32" ? "2147483648.0" : "9223372036854775808.0"
      return text.replacing("TYPE", with: type).replacing("SUFFIX", with: suffix)
        .replacing("LEAST", with: least).replacing("GREATEST", with: greatest).replacing("POWER", with: power)
    }
    let end = suffix == "f32" ? "f" : ""
    let (zero, one) = suffix == "f32" || suffix == "f64" ? ("0.0" + end, "1.0" + end) : ("0", "1")
    return (template[base] ?? "").replacing("TYPE", with: type).replacing("SUFFIX", with: suffix)
      .replacing("ZERO", with: zero).replacing("ONE", with: one).replacing("exp(", with: "exp\(end)(")
      .replacing("fabs(", with: "fabs\(end)(").replacing("sqrt(", with: "sqrt\(end)(")
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
       flags: 1 if a is stored transposed, 2 if b is, 4 to add to what c holds. */
    static void matmul_SUFFIX(int flags, long m, long n, long k, const TYPE *a, long lda, const TYPE *b,
      long ldb, TYPE *c, long ldc)
    {
      const long a_row = flags & 1 ? 1 : lda, a_col = flags & 1 ? lda : 1;
      const long b_row = flags & 2 ? 1 : ldb, b_col = flags & 2 ? ldb : 1;
      long i, j, p;
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
    """,
    "cholesky": """
    /* l l^T = a for each of batch matrices, l lower triangular; the lower triangle of a is read.
       The result says whether one was not positive definite. */
    static int cholesky_SUFFIX(long batch, long n, const TYPE *a, TYPE *l)
    {
      int failed = 0;
      long i, j, k;
      for (; batch > 0; batch--, a += n * n, l += n * n)
        for (i = 0; i < n; i++)
          for (j = 0; j < n; j++) {
            TYPE rest = j <= i ? a[i * n + j] : ZERO;
            for (k = 0; k < j && j <= i; k++)
              rest -= l[i * n + k] * l[j * n + k];
            if (i == j && !(rest > ZERO))
              failed = 1;
            l[i * n + j] = i == j ? sqrt(rest) : (j < i ? rest / l[j * n + j] : ZERO);
          }
      return failed;
    }
    """,
    "triangular_solve": """
    /* a x = b for each of batch matrices, with one triangle of a.
       flags: 1 if that is the lower one, 2 if it is stored transposed. The result says whether a was singular. */
    static int triangular_solve_SUFFIX(long batch, long n, long m, int flags, const TYPE *a, const TYPE *b,
      TYPE *x)
    {
      const long row = flags & 2 ? 1 : n, col = flags & 2 ? n : 1;
      const int down = flags == 1 || flags == 2;
      int failed = 0;
      long s, i, j, t;
      for (; batch > 0; batch--, a += n * n, b += n * m, x += n * m)
        for (s = 0; s < n; s++) {
          i = down ? s : n - 1 - s;
          for (j = 0; j < m; j++)
            x[i * m + j] = b[i * m + j];
          for (t = 0; t < s; t++) {
            const long k = down ? t : n - 1 - t;
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
    """,
    "scatter_add_rows": scatterAddRows(adding: "out[row * row_size + j] + updates[i * row_size + j]"),
    "scatter_add": scatterAdd(adding: "*to + *updates"),
    "add_strip": addStrip(adding: "*to + *strip"),
    "pack": """
    /* rows x columns from (row, column) on of a matrix whose rows and columns each step along several axes.
       form: how many axes make rows, how many columns, extents of rows, their strides, the same for columns. */
    static void pack_SUFFIX(const long *form, long row, long rows, long column, long columns, const TYPE *a,
      TYPE *strip)
    {
      const long *axes = form + 2, *inner = axes + 2 * form[0];
      long i, j, x, axis;
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
    """,
    "cumsum": cumulative("cumsum", "y[i - step] + x[i]"),
    "cumprod": cumulative("cumprod", "y[i - step] * x[i]"),
    "gather": """
    /* out[o][k][i] = table[o][indices[o][k][i]][i].
       An index outside the table is clamped; the result says whether there was one. */
    static int gather_SUFFIX(long outer, long table_rows, long count, long inner, const TYPE *table,
      const int *indices, TYPE *out)
    {
      int clamped = 0;
      long o, k, i;
      for (o = 0; o < outer; o++, table += table_rows * inner)
        for (k = 0; k < count; k++)
          for (i = 0; i < inner; i++) {
            long row = *indices++;
            if (row < 0 || row >= table_rows) {
              row = row < 0 ? 0 : table_rows - 1;
              clamped = 1;
            }
            *out++ = table[row * inner + i];
          }
      return clamped;
    }
    """,
    "gather_rows": """
    /* An index outside the table is clamped; the result says whether there was one. */
    static int gather_rows_SUFFIX(long count, long table_rows, long row_size, const TYPE *table,
      const int *indices, TYPE *out)
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
    static TYPE abs_SUFFIX(TYPE x)
    {
      return x < 0 ? (TYPE)(0u - (unsigned TYPE)x) : x;
    }
    """,
    "div": """
    /* x / 0 is 0, and the least integer divided by -1 is itself. */
    static TYPE div_SUFFIX(TYPE a, TYPE b)
    {
      if (b == 0)
        return 0;
      return b == -1 ? (TYPE)(0u - (unsigned TYPE)a) : a / b;
    }
    """,
    "rem": """
    /* The remainder of a division that cuts; x % 0 is 0. */
    static TYPE rem_SUFFIX(TYPE a, TYPE b)
    {
      return b == 0 || b == -1 ? 0 : a % b;
    }
    """,
    "f32_to": """
    /* Truncates; what TYPE cannot hold is clamped, NaN is 0. */
    static TYPE f32_to_SUFFIX(float x)
    {
      if (x != x)
        return 0;
      if (x <= -POWERf)
        return LEAST;
      return x >= POWERf ? GREATEST : (TYPE)x;
    }
    """,
    "f64_to": """
    /* Truncates; what TYPE cannot hold is clamped, NaN is 0. */
    static TYPE f64_to_SUFFIX(double x)
    {
      if (x != x)
        return 0;
      if (x <= -POWER)
        return LEAST;
      return x >= POWER ? GREATEST : (TYPE)x;
    }
    """,
    "i64_to": """
    /* What int cannot hold is clamped. */
    static int i64_to_i32(long x)
    {
      if (x < LEAST)
        return LEAST;
      return x > GREATEST ? GREATEST : (int)x;
    }
    """,
    "max": """
    static TYPE max_SUFFIX(TYPE a, TYPE b)
    {
      return a > b ? a : b;
    }
    """,
    "min": """
    static TYPE min_SUFFIX(TYPE a, TYPE b)
    {
      return a < b ? a : b;
    }
    """,
    "relu": """
    static TYPE relu_SUFFIX(TYPE x)
    {
      return x > 0 ? x : 0;
    }
    """,
    "matmul": """
    /* c[m,n] = a[m,k] b[k,n]; sums wrap. flags: 1 if a is stored transposed, 2 if b is, 4 to add to c. */
    static void matmul_SUFFIX(int flags, long m, long n, long k, const TYPE *a, long lda, const TYPE *b,
      long ldb, TYPE *c, long ldc)
    {
      const long a_row = flags & 1 ? 1 : lda, a_col = flags & 1 ? lda : 1;
      const long b_row = flags & 2 ? 1 : ldb, b_col = flags & 2 ? ldb : 1;
      long i, j, p;
      for (i = 0; i < m; i++)
        for (j = 0; j < n; j++) {
          unsigned TYPE sum = flags & 4 ? (unsigned TYPE)c[i * ldc + j] : 0;
          for (p = 0; p < k; p++)
            sum += (unsigned TYPE)a[i * a_row + p * a_col] * (unsigned TYPE)b[p * b_row + j * b_col];
          c[i * ldc + j] = (TYPE)sum;
        }
    }
    """,
    "scatter_add_rows": scatterAddRows(
      adding: "(TYPE)((unsigned TYPE)out[row * row_size + j] + (unsigned TYPE)updates[i * row_size + j])"),
    "scatter_add": scatterAdd(adding: "(TYPE)((unsigned TYPE)*to + (unsigned TYPE)*updates)"),
    "add_strip": addStrip(adding: "(TYPE)((unsigned TYPE)*to + (unsigned TYPE)*strip)"),
    "cumsum": cumulative("cumsum", "(TYPE)((unsigned TYPE)y[i - step] + (unsigned TYPE)x[i])"),
    "cumprod": cumulative("cumprod", "(TYPE)((unsigned TYPE)y[i - step] * (unsigned TYPE)x[i])"),
  ]

  // What floats and integers differ in is how they add and multiply.

  private static func scatterAddRows(adding sum: String) -> String {
    """
    /* An index outside the table is clamped; the result says whether there was one. */
    static int scatter_add_rows_SUFFIX(long count, long table_rows, long row_size, const TYPE *updates,
      const int *indices, TYPE *out)
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
          out[row * row_size + j] = \(sum);
      }
      return clamped;
    }
    """
  }

  private static func scatterAdd(adding sum: String) -> String {
    """
    /* out[o][indices[o][k][i]][i] += updates[o][k][i].
       An index outside the table is clamped; the result says whether there was one. */
    static int scatter_add_SUFFIX(long outer, long table_rows, long count, long inner, const TYPE *updates,
      const int *indices, TYPE *out)
    {
      int clamped = 0;
      long o, k, i;
      for (o = 0; o < outer; o++, out += table_rows * inner)
        for (k = 0; k < count; k++)
          for (i = 0; i < inner; i++, updates++) {
            long row = *indices++;
            TYPE *to;
            if (row < 0 || row >= table_rows) {
              row = row < 0 ? 0 : table_rows - 1;
              clamped = 1;
            }
            to = out + row * inner + i;
            *to = \(sum);
          }
      return clamped;
    }
    """
  }

  private static func addStrip(adding sum: String) -> String {
    """
    /* Adds a strip to where pack_SUFFIX would read it. */
    static void add_strip_SUFFIX(const long *form, long row, long rows, long column, long columns,
      const TYPE *strip, TYPE *out)
    {
      const long *axes = form + 2, *inner = axes + 2 * form[0];
      long i, j, x, axis;
      for (i = row; i < row + rows; i++)
        for (j = column; j < column + columns; j++, strip++) {
          TYPE *to = out;
          for (x = i, axis = form[0] - 1; axis >= 0; x /= axes[axis], axis--)
            to += x % axes[axis] * axes[axis + form[0]];
          for (x = j, axis = form[1] - 1; axis >= 0; x /= inner[axis], axis--)
            to += x % inner[axis] * inner[axis + form[1]];
          *to = \(sum);
        }
    }
    """
  }

  private static func cumulative(_ name: String, _ combined: String) -> String {
    """
    /* Each of the count elements combined with all before it, or after it. */
    static void \(name)_SUFFIX(long outer, long count, long inner, int reverse, const TYPE *a, TYPE *out)
    {
      const long step = reverse ? -inner : inner, first = reverse ? (count - 1) * inner : 0;
      long o, k, i;
      for (o = 0; o < outer; o++) {
        const TYPE *x = a + o * count * inner + first;
        TYPE *y = out + o * count * inner + first;
        for (i = 0; i < inner; i++)
          y[i] = x[i];
        for (k = 1; k < count; k++) {
          x += step;
          y += step;
          for (i = 0; i < inner; i++)
            y[i] = \(combined);
        }
      }
    }
    """
  }
}
