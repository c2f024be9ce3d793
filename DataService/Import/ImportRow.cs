namespace AiMesh.DataService.Import;

/// <summary>One item of an import, checked against the dataset.</summary>
internal sealed record ImportRow(int Line, string Id, byte[] Json);

/// <summary>How rows are stored.</summary>
/// <param name="Action">For the access log.</param>
/// <param name="HasGivenIds">Ids come from the caller and may be taken.</param>
/// <param name="IsDryRun">Nothing is kept.</param>
/// <param name="IsAllOrNothing">Where one id is taken nothing is kept.</param>
/// <param name="Report">Is told how many rows went to the database so far.</param>
internal sealed record ImportOrder(string Action, bool HasGivenIds, bool IsDryRun, bool IsAllOrNothing, Func<int, Task> Report);

/// <summary>One element of the source: its values by field name and its own id, or what is wrong with it.</summary>
/// <param name="Line">Line of CSV, element of JSON, from 1.</param>
/// <param name="Id">The value of the id column, or null where ids are chosen.</param>
/// <param name="Values">As <see cref="Items.ItemValues"/> reads them.</param>
/// <param name="Faults">Field (empty: the whole element) and what is wrong.</param>
internal sealed record SourceItem(int Line, string? Id, Dictionary<string, object> Values, IReadOnlyList<(string Field, string Reason)> Faults);
