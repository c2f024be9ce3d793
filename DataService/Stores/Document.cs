using System.Collections.Frozen;
using System.Globalization;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Stores;

/// <summary>An item as a store keeps it: all of it, whoever asks.</summary>
/// <param name="Id">By which it is found.</param>
/// <param name="Fields">In the CLR types that <see cref="PolicyType"/> names; a field without a value is missing.</param>
/// <param name="Owner">Subject of who created it.</param>
/// <param name="Version">From 1.</param>
/// <param name="CreateTime">UTC, to the microsecond.</param>
/// <param name="UpdateTime">UTC, to the microsecond.</param>
internal sealed record Document(string Id, IReadOnlyDictionary<string, object> Fields, string Owner, long Version, DateTime CreateTime, DateTime UpdateTime)
{
    /// <summary>The store's own mark of this state of the document; what <see cref="DocumentWrite.Replace"/> compares.</summary>
    public string Tag { get; init; } = "";
}

/// <summary>The documents of one dataset.</summary>
/// <param name="Name">Never used for another dataset of the same service.</param>
/// <param name="Tenant">Whose documents they are: part of every key and every query, beside the name.</param>
/// <param name="Fields">Types by name.</param>
internal sealed record DocumentTable(string Name, string Tenant, FrozenDictionary<string, PolicyType> Fields)
{
    public static DocumentTable Of(CompiledDataset dataset) => new(
        string.Create(CultureInfo.InvariantCulture, $"d{dataset.Id}"),
        dataset.Organisation,
        dataset.Definition.Fields.ToFrozenDictionary(static field => field.Name, static field => field.Type.ToPolicy(), StringComparer.Ordinal));
}

/// <summary>Which documents.</summary>
/// <param name="Condition">What must hold for a document, for this caller.</param>
/// <param name="Caller">Whose attributes the condition speaks of.</param>
internal sealed record DocumentQuery(PolicyExpression Condition, PolicyCaller Caller)
{
    public static readonly DocumentQuery Everything = new(PolicyExpression.Everything, new PolicyCaller("", "", FrozenDictionary<string, string>.Empty));

    /// <summary>Only ids after this one; empty: all.</summary>
    public string After { get; init; } = "";

    /// <summary>Names of the fields to read; null: all. What the condition looks at is read in any case.</summary>
    public IReadOnlyCollection<string>? Fields { get; init; }

    /// <summary>How many documents will probably be taken: sets how many are asked for at a time.</summary>
    public int Expected { get; init; } = 100;

    public bool Matches(Document document) => PolicyEvaluator.Matches(Condition, new PolicyRow(document.Fields, document.Owner), Caller);

    /// <summary>The condition with the caller put in.</summary>
    public PolicyExpression Bound() => PolicyBinding.Bind(Condition, Caller);

    /// <summary>Names of all fields to read; null: all.</summary>
    public IReadOnlyCollection<string>? Needed() => Fields is null ? null : [.. Fields.Union(PolicyBinding.Fields(Condition), StringComparer.Ordinal)];
}

/// <summary>One write; without a condition it happens in any case.</summary>
/// <param name="Id">Of which document.</param>
/// <param name="Content">What it shall be; null: gone.</param>
/// <param name="Condition">What must be so before.</param>
/// <param name="Tag">For <see cref="WriteCondition.Unchanged"/>: <see cref="Document.Tag"/> as it was read.</param>
internal sealed record DocumentWrite(string Id, Document? Content, WriteCondition Condition, string Tag = "")
{
    public static DocumentWrite Create(Document document) => new(document.Id, document, WriteCondition.Absent);

    public static DocumentWrite Replace(Document document, string tag) => new(document.Id, document, WriteCondition.Unchanged, tag);

    public static DocumentWrite Put(Document document) => new(document.Id, document, WriteCondition.None);

    public static DocumentWrite Delete(string id, string tag) => new(id, null, WriteCondition.Unchanged, tag);

    public static DocumentWrite Remove(string id) => new(id, null, WriteCondition.None);
}

/// <summary>What must be so before a write.</summary>
internal enum WriteCondition
{
    None,

    /// <summary>There is no document of that id.</summary>
    Absent,

    /// <summary>Nobody has written it since it was read.</summary>
    Unchanged,
}

/// <summary>Times as stores without a type for them keep them: of fixed width, so that their order as text is their order in time.</summary>
internal static class DocumentTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static string Write(DateTime time) => time.ToString(Format, CultureInfo.InvariantCulture);

    public static DateTime Read(string text) =>
        DateTime.ParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    /// <summary>To the microsecond, as every store keeps it.</summary>
    public static DateTime Cut(DateTime time) => new(time.Ticks - time.Ticks % TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);
}
