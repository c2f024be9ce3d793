using Google.Protobuf.WellKnownTypes;
using Classification = AiMesh.Data.V1.Field.Types.Classification;

namespace AiMesh.AiService.Ask;

/// <summary>Rows that a question is asked over, as the caller sees them.</summary>
/// <param name="IsTruncated">There are more than were read.</param>
internal sealed record SourceTable(string Id, string Name, IReadOnlyList<SourceField> Fields, IReadOnlyList<SourceRow> Rows, bool IsTruncated);

internal sealed record SourceField(string Name, string Type, string Description, Classification Classification);

/// <param name="Name">Name of the resource: "datasets/{dataset}/items/{item}" or "devices/{device}".</param>
internal sealed record SourceRow(string Name, Struct Fields);
