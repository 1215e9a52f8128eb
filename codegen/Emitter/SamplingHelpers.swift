/// The C of random numbers and of sorting for code that brings everything with it; templates of `Helpers`.
enum SamplingHelpers {
  /// - Parameters:
  ///   - words: how many of a block's four words an element takes.
  ///   - value: the element from the words `x[j]`, `x[j + 1]`.
  private static func random(words: Int, _ value: String) -> String {
    """
    /* Philox 4x32-10: block after block of four words. */
    static void random_bits_SUFFIX(long count, long stream, const long *key, TYPE *out)
    {
      long i = 0, block;
      for (block = 0; i < count; block++) {
        unsigned k0 = (unsigned)key[0], k1 = (unsigned)((unsigned long)key[0] >> 32);
        unsigned x[4];
        int j;
        x[0] = (unsigned)block;
        x[1] = (unsigned)stream;
        x[2] = (unsigned)key[1];
        x[3] = (unsigned)((unsigned long)key[1] >> 32);
        for (j = 0; j < 10; j++) {
          const unsigned long p = 3528531795ul * x[0], q = 3449720151ul * x[2];
          x[0] = (unsigned)(q >> 32) ^ x[1] ^ k0;
          x[1] = (unsigned)q;
          x[2] = (unsigned)(p >> 32) ^ x[3] ^ k1;
          x[3] = (unsigned)p;
          k0 += 2654435769u;
          k1 += 3144134277u;
        }
        for (j = 0; j < 4 && i < count; j += \(words))
          out[i++] = \(value);
      }
    }
    """
  }

  /// By the helper's name. All products and sums are exact.
  static let templates = [
    "random_bits_i32": random(words: 1, "(int)x[j]"),
    "random_bits_i64": random(words: 2, "(long)((unsigned long)x[j] | (unsigned long)x[j + 1] << 32)"),
    "argsort_i32": argsort(unordered: ""),
    "argsort_i64": argsort(unordered: ""),
    "random_bits_f32": random(words: 1, "(float)(int)(x[j] >> 8) * (1.0f / 16777216.0f)"),
    "random_bits_f64": random(
      words: 2,
      "((double)(int)(x[j] >> 5) * 67108864.0 + (double)(int)(x[j + 1] >> 6)) * (1.0 / 9007199254740992.0)"),
    "argsort_f32": argsort(unordered: nan),
    "argsort_f64": argsort(unordered: nan),
    "search_sorted_i32": searchSorted("x > y"),
    "search_sorted_i64": searchSorted("x > y"),
    "search_sorted_f32": searchSorted("x > y || (x != x && y == y)"),
    "search_sorted_f64": searchSorted("x > y || (x != x && y == y)"),
  ]

  /// - Parameter isGreater: whether `x` stands behind `y`.
  private static func searchSorted(_ isGreater: String) -> String {
    """
    /* For each of m values its place among n sorted numbers: behind all that are less and, with right, equal ones. */
    static void search_sorted_SUFFIX(long batch, long n, long m, int right, const TYPE *sorted,
      const TYPE *values, int *out)
    {
      long j;
      for (; batch > 0; batch--, sorted += n, values += m, out += m)
        for (j = 0; j < m; j++) {
          long low = 0, high = n;
          while (low < high) {
            const long middle = low + (high - low) / 2;
            const TYPE x = right ? sorted[middle] : values[j], y = right ? values[j] : sorted[middle];
            const int greater = \(isGreater);
            if (greater != right)
              low = middle + 1;
            else
              high = middle;
          }
          out[j] = (int)low;
        }
    }
    """
  }

  private static let nan = """

      if ((x != x) != (y != y))
        return descending ? x != x : y != y;
    """

  private static func argsort(unordered: String) -> String {
    """
    /* Whether element i stands before element j: equal ones keep their order, NaN is greater than any number. */
    static int argsort_before_SUFFIX(const TYPE *a, long inner, int descending, int i, int j)
    {
      const TYPE x = a[i * inner], y = a[j * inner];
      if (x < y)
        return !descending;
      if (x > y)
        return descending;\(unordered)
      return i < j;
    }

    /* Heapsort; as no two elements are equal, the order is that of a stable sort. */
    static void argsort_SUFFIX(long outer, long count, long inner, int descending, const TYPE *values, int *indices)
    {
      long o;
      for (o = 0; o < outer * inner; o++) {
        const TYPE *a = values + o / inner * count * inner + o % inner;
        int *out = indices + o / inner * count * inner + o % inner;
        long start = count / 2, end = count, k;
        for (k = 0; k < count; k++)
          out[k * inner] = (int)k;
        while (end > 1) {
          long hole, child;
          int moved;
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
    """
  }
}
