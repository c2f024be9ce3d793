using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Responses;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Binding;

/// <summary>Is told the methods of a service and makes an endpoint of every HTTP binding they have.</summary>
internal sealed partial class TranscodingBinder<TService>(
    ServiceMethodProviderContext<TService> context,
    ServiceDescriptor service,
    ServiceSettings settings,
    GrpcJsonTranscodingOptions options,
    IGrpcServiceActivator<TService> activator,
    ILogger logger) : ServiceBinderBase
    where TService : class
{
    private readonly JsonMessageReader _reader = new(options.TypeRegistry);
    private readonly JsonMessageWriter _writer = new(options.JsonSettings, options.TypeRegistry.Find);
    private readonly ErrorWriter _errors = new(options.JsonSettings, options.TypeRegistry);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var (call, attributes) = Implementation<UnaryServerMethod<TService, TRequest, TResponse>>(method.Name, [typeof(TRequest), typeof(ServerCallContext)]);
        var invoke = settings.Interceptors.Around<TRequest, TResponse>(async (request, callContext) =>
        {
            var handle = activator.Create(callContext.GetHttpContext().RequestServices);
            try
            {
                return await call(handle.Instance, request, callContext);
            }
            finally
            {
                await activator.ReleaseAsync(handle);
            }
        });
        AddBindings(method, attributes, (requests, responses) =>
            new UnaryCallHandler<TRequest, TResponse>(method, invoke, requests, responses, settings.EnableDetailedErrors, logger));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var (call, attributes) = Implementation<ServerStreamingServerMethod<TService, TRequest, TResponse>>(
            method.Name, [typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)]);
        var invoke = settings.Interceptors.Around<TRequest, TResponse>(async (request, stream, callContext) =>
        {
            var handle = activator.Create(callContext.GetHttpContext().RequestServices);
            try
            {
                await call(handle.Instance, request, stream, callContext);
            }
            finally
            {
                await activator.ReleaseAsync(handle);
            }
        });
        AddBindings(method, attributes, (requests, responses) =>
            new ServerStreamingCallHandler<TRequest, TResponse>(method, invoke, requests, responses, settings.EnableDetailedErrors, logger));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        WarnIfBound(method);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        WarnIfBound(method);

    private void AddBindings<TRequest, TResponse>(Method<TRequest, TResponse> method, object[] attributes, Func<RequestReader, ResponseWriter, CallHandler> create)
        where TRequest : class
        where TResponse : class
    {
        foreach (var binding in HttpBinding.Of(service.FindMethodByName(method.Name)))
        {
            var handler = create(
                new RequestReader(binding, _reader, settings.MaxReceiveMessageSize),
                new ResponseWriter(_writer, _errors, binding.ResponseField, options.JsonSettings.WriteIndented));
            // The method's own metadata comes last, so that it wins over the service's.
            object[] metadata = [.. attributes, new HttpMethodMetadata([binding.Verb]), new GrpcJsonTranscodingMetadata(binding.Method, binding.Rule)];
            context.AddMethod(method, binding.Route.Pattern, [.. metadata], handler.HandleAsync);
        }
    }

    // An open delegate over the service's own method, with the attributes that authorization and others look for.
    private static (TDelegate Call, object[] Attributes) Implementation<TDelegate>(string name, Type[] parameters)
        where TDelegate : Delegate
    {
        var method = typeof(TService).GetMethod(name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService).Name} has no method {name} that is public.");
        return (method.CreateDelegate<TDelegate>(), [.. typeof(TService).GetCustomAttributes(inherit: true), .. method.GetCustomAttributes(inherit: true)]);
    }

    private void WarnIfBound(IMethod method)
    {
        if (HttpBinding.Of(service.FindMethodByName(method.Name)).Any())
            Log.StreamNotSupported(logger, method.Name, method.ServiceName);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Unable to bind {Method} on {Service} to HTTP: requests of JSON cannot stream.")]
        public static partial void StreamNotSupported(ILogger logger, string method, string service);
    }
}
