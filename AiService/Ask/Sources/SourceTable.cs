using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AiService.Ask.Sources;

/// <summary>Who may be told a value.</summary>
internal enum Sensitivity
{
    /// <summary>Any provider.</summary>
    Open,

    /// <summary>Tells who a person is: providers inside the mesh only.</summary>
    Personal,

    /// <summary>No provider at all.</summary>
    Secret,
}

/// <summary>Rows that a question is about, as far as the caller may see them.</summary>
internal sealed record SourceTable
{
    /// <summary>By which the question may speak of it: id of the dataset, "readings", "alerts".</summary>
    public required string Id { get; init; }

    public string DisplayName { get; init; } = "";

    public string Description { get; init; } = "";

    public required ImmutableArray<SourceField> Fields { get; init; }

    public required ImmutableArray<SourceRow> Rows { get; init; }

    /// <summary>There were more rows than were read.</summary>
    public bool IsTruncated { get; init; }
}

/// <param name="Name">Of the field.</param>
/// <param name="Type">"string", "integer", "number", "boolean", "timestamp", "date", "string_list".</param>
/// <param name="Description">For people.</param>
/// <param name="Sensitivity">Who may be told.</param>
internal sealed record SourceField(string Name, string Type, string Description, Sensitivity Sensitivity);

/// <param name="Name">Resource name for citations.</param>
/// <param name="Fields">Values by field name.</param>
/// <param name="Label">By which a person knows it; null: to be found among the values.</param>
internal sealed record SourceRow(string Name, Struct Fields, string? Label = null);
