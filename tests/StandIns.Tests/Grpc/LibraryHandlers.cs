using System.Net;
using AiMesh.StandIns.Tests.Grpc.Library;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>A library whose methods each test writes for itself.</summary>
[Mark]
internal sealed class LibraryHandlers : Library.Library.LibraryBase
{
    public Func<GetBookRequest, ServerCallContext, Task<Book>>? Get { get; init; }

    public Func<ListBooksRequest, IServerStreamWriter<Book>, ServerCallContext, Task>? Watch { get; init; }

    public static Task<GrpcServer> StartAsync(LibraryHandlers handlers, Action<GrpcServiceOptions>? options = null, Action<GrpcJsonTranscodingOptions>? json = null) => GrpcServer.StartAsync(
        app => app.MapGrpcService<LibraryHandlers>(),
        services => services.AddSingleton(handlers),
        options,
        builder => builder.AddJsonTranscoding(json ?? (_ => { })));

    public override Task<Book> GetBook(GetBookRequest request, ServerCallContext context) => Get!(request, context);

    public override Task<Book> ReplaceBook(Book request, ServerCallContext context) => Task.FromResult(new Book());

    public override Task WatchBooks(ListBooksRequest request, IServerStreamWriter<Book> responseStream, ServerCallContext context) => Watch!(request, responseStream, context);

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class MarkAttribute : Attribute;
}

internal static class HttpClientExtensions
{
    /// <summary>The body of a response that has to have this status.</summary>
    public static async Task<string> GetTextAsync(this HttpClient http, string path, HttpStatusCode expected)
    {
        using var response = await http.GetAsync(path);
        Assert.Equal(expected, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
