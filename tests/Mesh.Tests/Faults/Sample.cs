using System.Net;

namespace AiMesh.Mesh.Tests.Faults;

/// <summary>One request of the load.</summary>
/// <param name="Work">What it was: "write".</param>
/// <param name="Sent">Since the load began.</param>
/// <param name="Took">Until the answer was there.</param>
/// <param name="Status">Null when the connection broke or nobody answered at all.</param>
/// <param name="Problem">What is wrong with the answer, however it may have turned out; null: nothing.</param>
public sealed record Sample(string Work, TimeSpan Sent, TimeSpan Took, HttpStatusCode? Status, string? Problem)
{
    public bool IsGood => Status is HttpStatusCode.OK && Problem is null;

    public TimeSpan Answered => Sent + Took;
}
