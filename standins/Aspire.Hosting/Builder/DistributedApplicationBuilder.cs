using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Logs;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.State;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <inheritdoc cref="IDistributedApplicationBuilder"/>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    // Longer than any resource may take to stop, or the host would give up on a database that is writing its last pages.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromMinutes(1);

    private readonly HostApplicationBuilder _host;
    private readonly Interception? _interception = Interception.Current;

    public DistributedApplicationBuilder(string[] args)
        : this(new DistributedApplicationOptions { Args = args })
    {
    }

    /// <exception cref="DistributedApplicationException">The command line asks for publishing.</exception>
    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        var settings = new HostApplicationBuilderSettings();
        _interception?.Creating(options, settings);

        AppHostAssembly = options.AssemblyName is { } name ? Assembly.Load(new AssemblyName(name)) : Assembly.GetEntryAssembly();
        AppHostDirectory = options.ProjectDirectory ?? BuiltFrom(AppHostAssembly) ?? Directory.GetCurrentDirectory();
        settings.Args = options.Args;
        settings.ContentRootPath ??= AppHostDirectory;
        settings.ApplicationName ??= AppHostAssembly?.GetName().Name;
        _host = new HostApplicationBuilder(settings);
        ExecutionContext = new DistributedApplicationExecutionContext(Operation(_host.Configuration));
        AddServices(options);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _interception?.Building(this);
        var application = new DistributedApplication(_host.Build(), _interception, () => StateFolder.Release(this));
        ExecutionContext.Services = () => application.Services;
        _interception?.Built(application);
        return application;
    }

    private void AddServices(DistributedApplicationOptions options)
    {
        var services = _host.Services;
        services.AddSingleton<IDistributedApplicationBuilder>(this);
        services.AddSingleton(new DistributedApplicationModel(Resources));
        services.AddSingleton(ExecutionContext);
        services.AddSingleton<IAspireStore, AspireStore>();
        services.AddSingleton(Eventing);
        services.AddSingleton<ResourceNotificationService>();
        services.AddSingleton<ResourceLoggerService>();
        services.AddSingleton(provider => new ResourceCommandService(provider.GetRequiredService<Orchestrator>()));
        services.AddSingleton<Orchestrator>();
        services.AddHealthChecks();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.Configure<ResourceNotificationServiceOptions>(waits => waits.DefaultWaitBehavior = _interception is null
            ? WaitBehavior.WaitOnResourceUnavailable
            : WaitBehavior.StopOnResourceUnavailable);

        // The order matters: who shows the output must listen before the first resource writes.
        if (options.EnableResourceLogging)
            services.AddHostedService<LoggerForwarder>();

        if (_interception is null)
        {
            services.AddHostedService<ConsoleForwarder>();
            services.AddHostedService<StartReport>();
            services.AddHostedService<DotnetRunWatch>();
            _host.Logging.ClearProviders().AddProvider(new HostConsoleLoggerProvider());
        }

        services.AddHostedService(provider => provider.GetRequiredService<Orchestrator>());

        // Each probe of each resource would otherwise be a line.
        _host.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        _host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        _host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
    }

    private static DistributedApplicationOperation Operation(ConfigurationManager configuration) =>
        configuration["operation"]?.ToUpperInvariant() is null or "RUN" && configuration["publisher"] is null
            ? DistributedApplicationOperation.Run
            : throw new DistributedApplicationException(
                "This build of the AppHost can only run the application; publishing needs the real Aspire packages (build with -p:UseStandIns=false).");

    // A copy of the built AppHost on another machine has no project folder.
    private static string? BuiltFrom(Assembly? appHost) =>
        AppHostMetadata.ProjectDirectory(appHost) is { } folder && Directory.Exists(folder) ? folder : null;
}
