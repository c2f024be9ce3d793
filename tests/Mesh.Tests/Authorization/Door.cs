using System.Text.Json.Nodes;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>One way to make one call.</summary>
/// <param name="Call">The RPC.</param>
/// <param name="Name">"rest", "rpc" (both at the gateway) or "service" (past the gateway, with its certificate).</param>
internal abstract record Door(ContractCall Call, string Name)
{
    private const int Tries = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>An endless answer is left after this; it has been let in by then.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(2);

    public bool IsPastTheGateway => Name == "service";

    /// <param name="request">The request, with the field names of the proto.</param>
    /// <param name="caller">Whose credential is sent.</param>
    /// <param name="expectsEntry">An endless call is then left after a glance; who must be refused is waited for.</param>
    public async Task<Outcome> CallAsync(JsonObject request, Caller caller, bool expectsEntry)
    {
        var outcome = Outcome.Open;
        for (var attempt = 1; attempt <= Tries; attempt++)
        {
            var leaves = Call.IsEndless && expectsEntry;
            using var timeout = new CancellationTokenSource(leaves ? Glance : Patience);
            outcome = await SendAsync(request, caller, timeout.Token);
            Assert.True(leaves || !timeout.IsCancellationRequested, $"{Call} hangs for {caller.Name} ({Name}).");

            // Certificates are renewed under these tests, and whoever comes just then may have to come again.
            if (!outcome.IsOutage)
                break;
            await Task.Delay(Pause);
        }

        return outcome;
    }

    protected abstract Task<Outcome> SendAsync(JsonObject request, Caller caller, CancellationToken cancellationToken);
}
