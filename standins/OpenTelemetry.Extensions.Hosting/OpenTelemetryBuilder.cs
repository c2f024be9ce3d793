using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OpenTelemetry;

/// <summary>
/// Configures the OpenTelemetry SDK inside an <see cref="IServiceCollection"/>. Every method may be called several times, also
/// by libraries: one provider per signal exists for a service collection, and configuration adds up in the order of the calls.
/// </summary>
public sealed class OpenTelemetryBuilder : IOpenTelemetryBuilder
{
    internal OpenTelemetryBuilder(IServiceCollection services) => Services = services;

    /// <summary>The collection that the providers are registered in.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Changes the resource (service name, instance, attributes) that traces, metrics and logs carry.</summary>
    public OpenTelemetryBuilder ConfigureResource(Action<ResourceBuilder> configure)
    {
        OpenTelemetryBuilderSdkExtensions.ConfigureResource(this, configure);
        return this;
    }

    /// <summary>Adds the <see cref="MeterProvider"/>.</summary>
    public OpenTelemetryBuilder WithMetrics() => WithMetrics(static _ => { });

    /// <summary>Adds the <see cref="MeterProvider"/> and configures it.</summary>
    public OpenTelemetryBuilder WithMetrics(Action<MeterProviderBuilder> configure)
    {
        OpenTelemetryBuilderSdkExtensions.WithMetrics(this, configure);
        return this;
    }

    /// <summary>Adds the <see cref="TracerProvider"/>.</summary>
    public OpenTelemetryBuilder WithTracing() => WithTracing(static _ => { });

    /// <summary>Adds the <see cref="TracerProvider"/> and configures it.</summary>
    public OpenTelemetryBuilder WithTracing(Action<TracerProviderBuilder> configure)
    {
        OpenTelemetryBuilderSdkExtensions.WithTracing(this, configure);
        return this;
    }

    /// <summary>Adds the <see cref="LoggerProvider"/> and an <c>ILoggerProvider</c> that feeds it.</summary>
    public OpenTelemetryBuilder WithLogging() => WithLogging(configureBuilder: null, configureOptions: null);

    /// <summary>Adds the <see cref="LoggerProvider"/>, an <c>ILoggerProvider</c> that feeds it, and configures the former.</summary>
    public OpenTelemetryBuilder WithLogging(Action<LoggerProviderBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return WithLogging(configureBuilder: configure, configureOptions: null);
    }

    /// <summary>Adds the <see cref="LoggerProvider"/>, an <c>ILoggerProvider</c> that feeds it, and configures both.</summary>
    public OpenTelemetryBuilder WithLogging(
        Action<LoggerProviderBuilder>? configureBuilder,
        Action<OpenTelemetryLoggerOptions>? configureOptions)
    {
        OpenTelemetryBuilderSdkExtensions.WithLogging(this, configureBuilder!, configureOptions!);
        return this;
    }
}
