using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Containers;

/// <summary>Runs a container in the foreground of a docker client, which passes signals on and removes the container at its end.</summary>
internal static class DockerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Whether an engine answers; having the client installed says nothing.</summary>
    public static async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (ServerBinaries.OnPath("docker") is not { } docker)
            return false;

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        using var process = Process.Start(new ProcessStartInfo(docker, ["info", "--format", "{{.ServerVersion}}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            return false;
        }
    }

    public static async Task<ChildProcess?> RunAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        if (!await AnswersAsync(cancellationToken))
        {
            throw new DistributedApplicationException(
                $"'{context.Resource.Name}' is a container, and no Docker engine answers on this machine; start one.");
        }

        // Values in the client's own environment, so that no secret stands in its argument list.
        return ChildProcess.Start(
            new ChildProcessOptions("docker", [.. Arguments(context)])
            {
                Environment = context.EnvironmentVariables.ToDictionary(variable => variable.Key, variable => (string?)variable.Value),
                OrphanGrace = TimeSpan.FromSeconds(10),
            },
            context.OnLine);
    }

    private static IEnumerable<string> Arguments(LaunchContext context)
    {
        if (!context.Resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image))
            throw new DistributedApplicationException($"The container '{context.Resource.Name}' has no image.");

        var application = Path.GetFileName(context.State.Path);
        List<string> arguments = ["run", "--rm", "--name", $"{context.Resource.Name}-{application}"];
        foreach (var endpoint in context.Resource.Annotations.OfType<EndpointAnnotation>())
        {
            var ports = string.Create(
                CultureInfo.InvariantCulture, $"127.0.0.1:{endpoint.ReplicaPorts[context.Replica]}:{endpoint.TargetPort ?? endpoint.Port}");
            arguments.AddRange(["--publish", ports]);
        }

        foreach (var mount in context.Resource.Annotations.OfType<ContainerMountAnnotation>())
        {
            var source = mount.Type == ContainerMountType.Volume ? $"{application}-{mount.Source}" : mount.Source;
            arguments.AddRange(["--volume", $"{source}:{mount.Target}{(mount.IsReadOnly ? ":ro" : "")}"]);
        }

        foreach (var name in context.EnvironmentVariables.Keys)
            arguments.AddRange(["--env", name]);

        if (context.Resource is ContainerResource { Entrypoint: { } entrypoint })
            arguments.AddRange(["--entrypoint", entrypoint]);

        var registry = image.Registry is { } host ? $"{host}/" : "";
        return [.. arguments, $"{registry}{image.Image}:{image.Tag ?? "latest"}", .. context.Arguments];
    }
}
