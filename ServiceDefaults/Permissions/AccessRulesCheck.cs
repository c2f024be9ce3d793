using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>Stops the start when an RPC says wrongly, or not at all, who may call it.</summary>
internal sealed class AccessRulesCheck(AccessRules rules, MappedRpcs mapped) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // Also what was mapped past MapRpc, so that nothing is served that nobody declared.
        var undeclared = mapped.Methods.Where(method => rules.Find(method) is null && !rules.Problems.Any(problem => problem.StartsWith(method, StringComparison.Ordinal)))
            .Select(static method => $"{method}: is mapped without MapRpc, so nothing says who may call it");
        string[] problems = [.. rules.Problems, .. undeclared];
        return problems.Length == 0
            ? Task.CompletedTask
            : throw new InvalidOperationException(
                $"The contract and this service do not agree on {problems.Length} RPC(s):{Environment.NewLine}{string.Join(Environment.NewLine, problems)}");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The gRPC endpoints that the application maps, whichever way it does.</summary>
internal sealed class MappedRpcs
{
    private IEndpointRouteBuilder? _routes;

    public IEnumerable<string> Methods => (_routes?.DataSources ?? [])
        .SelectMany(static source => source.Endpoints)
        .Select(static endpoint => endpoint.Metadata.GetMetadata<Grpc.AspNetCore.Server.GrpcMethodMetadata>()?.Method.FullName)
        .OfType<string>()
        .Distinct(StringComparer.Ordinal);

    public void Watch(IEndpointRouteBuilder routes) => _routes ??= routes;
}
