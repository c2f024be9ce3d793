using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Permissions.Policies;

namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>
/// A permission in which segments "{field}" stand for values of the call: "data:read:{dataset}". Compiled once; filling it in and
/// asking a <see cref="PermissionSet"/> allocates nothing.
/// </summary>
/// <typeparam name="TSource">What the values are read from: a request message or an HTTP request.</typeparam>
internal sealed class PermissionTemplate<TSource>
{
    private readonly string _text;
    private readonly Segment[] _segments;

    private PermissionTemplate(string text, Segment[] segments) => (_text, _segments) = (text, segments);

    /// <summary>True when nothing has to be filled in.</summary>
    public bool IsFixed => Array.TrueForAll(_segments, static segment => segment.Read is null);

    /// <summary>Compiles a template.</summary>
    /// <param name="text">Segments divided by colons, each a lower-case name or "{field}".</param>
    /// <param name="resolve">Gives the reader of a field, or null when there is no such field.</param>
    /// <param name="problem">What is wrong, where the answer is null.</param>
    public static PermissionTemplate<TSource>? TryCompile(string text, Func<string, Func<TSource, string?>?> resolve, out string? problem)
    {
        problem = null;
        var segments = new List<Segment>();
        foreach (var part in text.Split(PermissionPattern.Divider))
        {
            if (part is ['{', .. var field, '}'])
            {
                if (resolve(field) is not { } read)
                {
                    problem = $"the permission '{text}' names '{{{field}}}', which is no singular string field of the request";
                    return null;
                }

                segments.Add(new Segment(field, read));
            }
            else if (IsName(part))
            {
                segments.Add(new Segment(part, null));
            }
            else
            {
                problem = $"the permission '{text}' is not made of lower-case segments divided by colons";
                return null;
            }
        }

        return new PermissionTemplate<TSource>(text, [.. segments]);
    }

    /// <summary>
    /// Null when the grants cover the permission that results for this call, and policies, where there are any, let it pass; otherwise what the caller is told.
    /// </summary>
    public MeshError? Check(PermissionSet granted, TSource source, PolicyGuard? guard = null)
    {
        Span<char> asked = stackalloc char[PermissionPattern.MaxLength];
        var length = 0;
        foreach (var segment in _segments)
        {
            var text = segment.Text;
            if (segment.Read is { } read)
            {
                text = read(source);
                if (string.IsNullOrEmpty(text)) text = "*";
                else if (!PermissionPattern.IsSegment(text)) return NotASegment(segment.Text);
            }

            if (length + text.Length + 1 > asked.Length) return NotASegment(segment.Text);
            if (length > 0) asked[length++] = PermissionPattern.Divider;
            text.CopyTo(asked[length..]);
            length += text.Length;
        }

        return granted.Allows(asked[..length]) ? guard?.Check(asked[..length]) : new PermissionDenied(asked[..length].ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    // A value with a colon would be read as several segments, and one with "*" as a wildcard.
    private static InvalidField NotASegment(string field) =>
        new(field, "must be a name without ':', '*' and white space, and not too long.");

    private static bool IsName(string segment)
    {
        if (segment.Length == 0) return false;
        foreach (var character in segment)
            if (!char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character) && character is not ('_' or '-')) return false;
        return true;
    }

    private readonly record struct Segment(string Text, Func<TSource, string?>? Read);
}
