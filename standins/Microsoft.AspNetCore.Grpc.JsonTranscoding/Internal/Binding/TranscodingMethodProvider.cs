using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Binding;

/// <summary>Adds the HTTP endpoints of a service when it is mapped.</summary>
internal sealed partial class TranscodingMethodProvider<TService>(
    IOptions<GrpcServiceOptions> allOptions,
    IOptions<GrpcServiceOptions<TService>> serviceOptions,
    IOptions<GrpcJsonTranscodingOptions> jsonOptions,
    IGrpcServiceActivator<TService> activator,
    ILoggerFactory loggers) : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        var logger = loggers.CreateLogger<TranscodingMethodProvider<TService>>();
        if (typeof(TService).GetCustomAttribute<BindServiceMethodAttribute>(inherit: true) is not { } attribute
            || BindMethod(attribute) is not { } bind
            || Descriptor(attribute.BindType) is not { } descriptor)
        {
            Log.NotFromProto(logger, typeof(TService));
            return;
        }

        var binder = new TranscodingBinder<TService>(
            context,
            descriptor,
            new ServiceSettings(allOptions.Value, serviceOptions.Value),
            jsonOptions.Value,
            activator,
            loggers.CreateLogger("Grpc.AspNetCore.Grpc.JsonTranscoding.ServerCallHandler"));
        // Generated code tells a binder the methods of a service without an instance of it.
        bind.Invoke(null, [binder, null]);
    }

    private static MethodInfo? BindMethod(BindServiceMethodAttribute attribute) => attribute.BindType
        .GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
        .FirstOrDefault(method => method.Name == attribute.BindMethodName
            && method.GetParameters() is [var binder, var service]
            && binder.ParameterType == typeof(ServiceBinderBase)
            && service.ParameterType.IsAssignableFrom(typeof(TService)));

    private static ServiceDescriptor? Descriptor(Type bindType) =>
        bindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as ServiceDescriptor;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{ServiceType} is not generated from a proto file and gets no JSON endpoints.")]
        public static partial void NotFromProto(ILogger logger, Type serviceType);
    }
}
