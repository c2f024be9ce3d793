namespace AiMesh.AiService.Ledger;

/// <summary>A call as it begins.</summary>
/// <param name="Id">Of the call, ascending in time.</param>
/// <param name="Organisation">Who pays.</param>
/// <param name="Subject">Who calls.</param>
/// <param name="Operation">"ask" or "chat".</param>
/// <param name="Started">When.</param>
/// <param name="Expires">When nothing of it can run any more.</param>
/// <param name="MostCost">The most that it could cost.</param>
internal sealed record ReservedCall(
    Guid Id, string Organisation, string Subject, string Operation, DateTimeOffset Started, DateTimeOffset Expires, decimal MostCost);
