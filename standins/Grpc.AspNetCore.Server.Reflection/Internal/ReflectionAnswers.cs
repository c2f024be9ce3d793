using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server.Reflection.Internal;

/// <summary>Answers reflection requests for the services that are mapped, worked out at the first request.</summary>
internal sealed class ReflectionAnswers(EndpointDataSource endpoints)
{
    private readonly Lazy<(string[] Services, DescriptorIndex Index)> _known = new(() =>
    {
        var services = endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
            .OfType<Type>()
            .Distinct()
            .Select(Descriptor)
            .OfType<ServiceDescriptor>()
            .ToArray();
        return ([.. services.Select(service => service.FullName).Distinct()], new DescriptorIndex(services));
    });

    public ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var (services, index) = _known.Value;
        var response = request.MessageRequestCase switch
        {
            ServerReflectionRequest.MessageRequestOneofCase.FileByFilename =>
                Files(index.File(request.FileByFilename), "File not found."),
            ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol =>
                Files(index.FileOfSymbol(request.FileContainingSymbol), "Symbol not found."),
            ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension =>
                Files(index.FileOfExtension(request.FileContainingExtension.ContainingType, request.FileContainingExtension.ExtensionNumber), "Extension not found."),
            ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType =>
                Extensions(request.AllExtensionNumbersOfType, index),
            ServerReflectionRequest.MessageRequestOneofCase.ListServices =>
                new() { ListServicesResponse = new() { Service = { services.Select(name => new ServiceResponse { Name = name }) } } },
            _ => Error(StatusCode.InvalidArgument, "The request asks for nothing."),
        };
        response.ValidHost = request.Host;
        response.OriginalRequest = request;
        return response;
    }

    private static ServiceDescriptor? Descriptor(Type service) => service
        .GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType
        .GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?
        .GetValue(null) as ServiceDescriptor;

    private static ServerReflectionResponse Files(FileDescriptor? file, string notFound)
    {
        if (file is null)
            return Error(StatusCode.NotFound, notFound);
        var files = new HashSet<FileDescriptor>();
        Collect(file, files);
        return new() { FileDescriptorResponse = new() { FileDescriptorProto = { files.Select(one => one.SerializedData) } } };
    }

    private static void Collect(FileDescriptor file, HashSet<FileDescriptor> files)
    {
        if (!files.Add(file))
            return;
        foreach (var dependency in file.Dependencies)
            Collect(dependency, files);
    }

    private static ServerReflectionResponse Extensions(string type, DescriptorIndex index) => index.ExtensionNumbers(type) is { } numbers
        ? new() { AllExtensionNumbersResponse = new() { BaseTypeName = type, ExtensionNumber = { numbers } } }
        : Error(StatusCode.NotFound, "Type not found.");

    private static ServerReflectionResponse Error(StatusCode code, string message) =>
        new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };
}
