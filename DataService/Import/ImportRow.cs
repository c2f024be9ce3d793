namespace AiMesh.DataService.Import;

/// <summary>One item of an import, checked against the dataset.</summary>
internal sealed record ImportRow(int Line, string Id, byte[] Json);

/// <summary>One element of the source: its values by field name and its own id, or what is wrong with it.</summary>
/// <param name="Line">Line of CSV, element of JSON, from 1.</param>
/// <param name="Id">The value of the id column, or null where ids are chosen.</param>
/// <param name="Values">As <see cref="Items.ItemValues"/> reads them.</param>
/// <param name="Faults">Field (empty: the whole element) and what is wrong.</param>
internal sealed record SourceItem(int Line, string? Id, Dictionary<string, object> Values, IReadOnlyList<(string Field, string Reason)> Faults);
