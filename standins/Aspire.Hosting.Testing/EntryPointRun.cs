using System.Reflection;
using Aspire.Hosting.Projects;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>One run of an AppHost's entry point, on a thread of its own, held up where it builds and where it would run.</summary>
internal sealed class EntryPointRun(
    Assembly appHost, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure) : IAsyncDisposable
{
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = New<DistributedApplicationBuilder>();
    private readonly TaskCompletionSource<bool> _mayBuild = New<bool>();
    private readonly TaskCompletionSource<DistributedApplication> _application = New<DistributedApplication>();
    private readonly TaskCompletionSource<bool> _isOver = New<bool>();
    private readonly TaskCompletionSource<bool> _hasEnded = New<bool>();
    private readonly TemporaryState _state = new();
    private bool _isStarted;

    /// <summary>Completes when the entry point has described its application and wants to build it.</summary>
    public Task<DistributedApplicationBuilder> StartAsync()
    {
        var entryPoint = appHost.EntryPoint ?? throw new InvalidOperationException($"'{appHost.GetName().Name}' has no entry point.");
        _isStarted = true;
        new Thread(() => Run(entryPoint)) { IsBackground = true, Name = $"{appHost.GetName().Name} entry point" }.Start();
        return _builder.Task;
    }

    /// <summary>Lets the entry point build, and returns what it has built.</summary>
    public Task<DistributedApplication> BuildAsync()
    {
        _mayBuild.TrySetResult(true);
        return _application.Task;
    }

    /// <summary>Lets the entry point come to its end and deletes the state folder.</summary>
    public async ValueTask DisposeAsync()
    {
        _mayBuild.TrySetCanceled();
        _isOver.TrySetResult(true);
        if (_isStarted)
            await _hasEnded.Task;

        await _state.DisposeAsync();
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Run(MethodInfo entryPoint)
    {
        Interception.Current = new Interception
        {
            Creating = Configure,
            Building = builder =>
            {
                _builder.TrySetResult(builder);
                _mayBuild.Task.GetAwaiter().GetResult();
            },
            Built = application => _application.TrySetResult(application),
            Running = () => _isOver.Task,
        };
        try
        {
            entryPoint.Invoke(null, entryPoint.GetParameters().Length == 0 ? [] : [Arguments()]);
            Fail(new InvalidOperationException($"The entry point of '{appHost.GetName().Name}' ended without building an application."));
        }
        catch (TargetInvocationException error)
        {
            // Whatever the AppHost threw is the test's to see, where it waits.
            Fail(error.InnerException!);
        }
        finally
        {
            _hasEnded.TrySetResult(true);
        }
    }

    private void Fail(Exception error)
    {
        _builder.TrySetException(error);
        _application.TrySetException(error);
    }

    private void Configure(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        options.AssemblyName = appHost.GetName().Name;
        options.Args ??= Arguments();
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        configure(options, settings);
    }

    // What comes later wins, so the test has the last word.
    private string[] Arguments()
    {
        string[] defaults = ["--DcpPublisher:RandomizePorts=true", $"--Aspire:StatePath={_state.Path}"];
        return [.. Profile(), .. defaults, .. args];
    }

    private IEnumerable<string> Profile()
    {
        if (AppHostMetadata.ProjectDirectory(appHost) is not { } folder)
            return [];

        var project = new ProjectPathMetadata(Path.Combine(folder, $"{appHost.GetName().Name}.csproj"));
        var variables = LaunchProfiles.Find(project, name: null)?.Profile.EnvironmentVariables ?? [];
        var environment = variables.GetValueOrDefault("DOTNET_ENVIRONMENT") ?? variables.GetValueOrDefault("ASPNETCORE_ENVIRONMENT");
        return
        [
            .. variables.Select(variable => $"--{variable.Key.Replace("__", ":", StringComparison.Ordinal)}={variable.Value}"),
            .. environment is null ? Array.Empty<string>() : [$"--environment={environment}"],
        ];
    }
}
