namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>
/// The spelling of permissions: segments divided by colons. In a grant the segment "*" stands for any one segment, and a final
/// "*" for all segments that remain (at least one). Comparison is ordinal and case-sensitive.
/// </summary>
public static class PermissionPattern
{
    /// <summary>The longest permission or grant, in characters.</summary>
    public const int MaxLength = 256;

    /// <summary>The character that divides segments.</summary>
    public const char Divider = ':';

    internal const char Wildcard = '*';

    /// <summary>
    /// Says whether <paramref name="pattern"/> may be granted: 1 to <see cref="MaxLength"/> characters, no empty segment, no
    /// white space or control character, and "*" only as a whole segment.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<char> pattern)
    {
        if (pattern.IsEmpty || pattern.Length > MaxLength) return false;

        foreach (var range in pattern.Split(Divider))
        {
            var segment = pattern[range];
            if (!IsSegment(segment) && segment is not "*") return false;
        }

        return true;
    }

    /// <summary>Says whether <paramref name="segment"/> may stand between two colons of a permission as a plain name.</summary>
    public static bool IsSegment(ReadOnlySpan<char> segment)
    {
        if (segment.IsEmpty || segment.Length > MaxLength) return false;

        foreach (var character in segment)
            if (character is Divider or Wildcard || char.IsWhiteSpace(character) || char.IsControl(character)) return false;

        return true;
    }

    /// <summary>
    /// The grant that covers exactly what both grants cover, or null where no permission is covered by both: "data:*" and "*:read:surveys"
    /// give "data:read:surveys".
    /// </summary>
    public static string? Intersect(string left, string right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var (lefts, rights) = (left.Split(Divider), right.Split(Divider));
        var common = new List<string>(Math.Max(lefts.Length, rights.Length));
        for (var i = 0; ; i++)
        {
            // A final "*" takes whatever the other one has from here on.
            if (i == lefts.Length - 1 && lefts[i] == "*" && i < rights.Length) return string.Join(Divider, common.Concat(rights[i..]));
            if (i == rights.Length - 1 && rights[i] == "*" && i < lefts.Length) return string.Join(Divider, common.Concat(lefts[i..]));
            if (i == lefts.Length || i == rights.Length) return lefts.Length == rights.Length ? string.Join(Divider, common) : null;
            if (lefts[i] == "*") common.Add(rights[i]);
            else if (rights[i] == "*" || lefts[i] == rights[i]) common.Add(lefts[i]);
            else return null;
        }
    }

    /// <summary>
    /// Says whether some permission is covered by both, without allocating. So a policy about "data:read:surveys" is also about a call that asks for
    /// "data:read:*".
    /// </summary>
    internal static bool Overlaps(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        while (true)
        {
            var leftEnd = left.IndexOf(Divider);
            var rightEnd = right.IndexOf(Divider);
            var mine = leftEnd < 0 ? left : left[..leftEnd];
            var theirs = rightEnd < 0 ? right : right[..rightEnd];
            if (mine.IsEmpty || theirs.IsEmpty) return false;

            // A final "*" takes whatever the other one has from here on.
            if ((leftEnd < 0 && mine is "*") || (rightEnd < 0 && theirs is "*")) return true;
            if (mine is not "*" && theirs is not "*" && !mine.SequenceEqual(theirs)) return false;
            if (leftEnd < 0 || rightEnd < 0) return leftEnd < 0 && rightEnd < 0;
            left = left[(leftEnd + 1)..];
            right = right[(rightEnd + 1)..];
        }
    }

    internal static bool HasWildcard(ReadOnlySpan<char> pattern) => pattern.Contains(Wildcard);

    /// <summary>Matches a permission that is asked for against one valid grant, segment by segment, without allocating.</summary>
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> permission)
    {
        while (true)
        {
            var patternEnd = pattern.IndexOf(Divider);
            var permissionEnd = permission.IndexOf(Divider);
            var expected = patternEnd < 0 ? pattern : pattern[..patternEnd];
            var actual = permissionEnd < 0 ? permission : permission[..permissionEnd];

            if (actual.IsEmpty) return false;
            if (expected is "*")
            {
                if (patternEnd < 0) return true;
            }
            else if (!expected.SequenceEqual(actual))
            {
                return false;
            }

            if (patternEnd < 0 || permissionEnd < 0) return patternEnd < 0 && permissionEnd < 0;
            pattern = pattern[(patternEnd + 1)..];
            permission = permission[(permissionEnd + 1)..];
        }
    }
}
