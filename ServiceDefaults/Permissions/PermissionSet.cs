using System.Collections.Immutable;

namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>
/// The grants that a principal holds, ready to be asked. Immutable and safe for concurrent use; asking allocates nothing.
/// </summary>
public sealed class PermissionSet : IEquatable<PermissionSet>
{
    /// <summary>The set that allows nothing.</summary>
    public static readonly PermissionSet None = new([]);

    private readonly HashSet<string> _exact;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _exactBySpan;
    private readonly string[] _wildcards;

    private PermissionSet(ImmutableArray<string> patterns)
    {
        Patterns = patterns;
        _exact = new HashSet<string>(patterns.Where(static p => !PermissionPattern.HasWildcard(p)), StringComparer.Ordinal);
        _exactBySpan = _exact.GetAlternateLookup<ReadOnlySpan<char>>();
        _wildcards = [.. patterns.Where(static p => PermissionPattern.HasWildcard(p))];
    }

    /// <summary>The grants as they were given, duplicates removed, in ordinal order.</summary>
    public ImmutableArray<string> Patterns { get; }

    /// <summary>Builds a set of grants.</summary>
    /// <exception cref="ArgumentException">A grant is malformed (see <see cref="PermissionPattern.IsValid"/>).</exception>
    public static PermissionSet Create(params IEnumerable<string> patterns) =>
        TryCreate(patterns, out var set) ? set : throw new ArgumentException("A permission grant is malformed.", nameof(patterns));

    /// <summary>Builds a set of grants, or answers false when one of them is malformed.</summary>
    public static bool TryCreate(IEnumerable<string> patterns, out PermissionSet set)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        set = None;
        var sorted = patterns.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToImmutableArray();
        if (sorted.IsEmpty) return true;
        foreach (var pattern in sorted)
            if (!PermissionPattern.IsValid(pattern)) return false;

        set = new PermissionSet(sorted);
        return true;
    }

    /// <summary>
    /// Says whether the grants cover <paramref name="permission"/>, for example "data:read:surveys". A segment "*" that is asked
    /// for is covered by a wildcard only.
    /// </summary>
    public bool Allows(string permission) => Allows(permission.AsSpan());

    /// <inheritdoc cref="Allows(string)"/>
    public bool Allows(ReadOnlySpan<char> permission)
    {
        if (permission.IsEmpty || permission.Length > PermissionPattern.MaxLength) return false;
        if (_exactBySpan.Contains(permission)) return true;

        foreach (var pattern in _wildcards)
            if (PermissionPattern.Matches(pattern, permission)) return true;

        return false;
    }

    /// <summary>The set that allows what both allow.</summary>
    public PermissionSet Intersect(PermissionSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Create(
            from mine in Patterns
            from theirs in other.Patterns
            let common = PermissionPattern.Intersect(mine, theirs)
            where common is { Length: <= PermissionPattern.MaxLength }
            select common);
    }

    /// <summary>Two sets are equal when they hold the same grants.</summary>
    public bool Equals(PermissionSet? other) => other is not null && Patterns.AsSpan().SequenceEqual(other.Patterns.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PermissionSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var pattern in Patterns) hash.Add(pattern, StringComparer.Ordinal);
        return hash.ToHashCode();
    }
}
