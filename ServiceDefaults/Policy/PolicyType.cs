namespace AiMesh.ServiceDefaults.Policy;

/// <summary>What a field holds, and in which CLR type <see cref="PolicyRow"/> and <see cref="LiteralOperand"/> carry it.</summary>
public enum PolicyType
{
    /// <summary><see cref="string"/>, ordered by code point, without U+0000.</summary>
    Text,

    /// <summary><see cref="long"/>.</summary>
    WholeNumber,

    /// <summary>Finite <see cref="double"/>.</summary>
    Number,

    /// <summary><see cref="bool"/>; not ordered.</summary>
    Boolean,

    /// <summary><see cref="string"/> as <see cref="CanonicalTime.TryTimestamp"/> writes it, so that its text order is its order in time.</summary>
    Timestamp,

    /// <summary><see cref="string"/> as <see cref="CanonicalTime.TryDate"/> writes it, so that its text order is its order in time.</summary>
    Date,

    /// <summary>List of <see cref="string"/>; only <c>:</c> applies.</summary>
    TextList,

    /// <summary>
    /// <see cref="string"/> as <see cref="CanonicalTime.TryTimeOfDay"/> writes it, so that its text order is its order in time. In access policies only.
    /// </summary>
    TimeOfDay,

    /// <summary>
    /// <see cref="System.Net.IPAddress"/>, IPv4 where it is IPv4 mapped to IPv6; compared with a range by <c>=</c>, <c>!=</c> or <c>:</c>. In access policies only.
    /// </summary>
    Address,
}
