using System.Net;
using AiMesh.StandIns.Tests.Grpc.Library;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>How calls of JSON transcoding fail.</summary>
public sealed class TranscodingErrorTests
{
    [Theory]
    [InlineData(StatusCode.Cancelled, 408)]
    [InlineData(StatusCode.Unknown, 500)]
    [InlineData(StatusCode.InvalidArgument, 400)]
    [InlineData(StatusCode.DeadlineExceeded, 504)]
    [InlineData(StatusCode.NotFound, 404)]
    [InlineData(StatusCode.AlreadyExists, 409)]
    [InlineData(StatusCode.PermissionDenied, 403)]
    [InlineData(StatusCode.ResourceExhausted, 429)]
    [InlineData(StatusCode.FailedPrecondition, 400)]
    [InlineData(StatusCode.Aborted, 409)]
    [InlineData(StatusCode.OutOfRange, 400)]
    [InlineData(StatusCode.Unimplemented, 501)]
    [InlineData(StatusCode.Internal, 500)]
    [InlineData(StatusCode.Unavailable, 503)]
    [InlineData(StatusCode.DataLoss, 500)]
    [InlineData(StatusCode.Unauthenticated, 401)]
    public async Task Error_OfEveryCode_HasItsHttpStatus(StatusCode code, int expected)
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers { Get = (_, _) => throw new RpcException(new Status(code, "Because.")) });
        using var response = await server.Http.GetAsync("/v1/books/a");

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.Equal($$"""{"code":{{(int)code}},"message":"Because.","details":[]}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Error_WithDetails_BringsThoseThatAreKnown()
    {
        var details = new RpcStatus
        {
            Code = (int)StatusCode.NotFound,
            Message = "From the details.",
            Details =
            {
                Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "name" } } }),
                Any.Pack(new RetryInfo { RetryDelay = new Duration { Seconds = 1 } }),
                Any.Pack(new Author { FullName = "known by registration" }),
                Any.Pack(new Echo.EchoReply { Text = "unknown" }),
                new Any { TypeUrl = "type.googleapis.com/google.rpc.BadRequest", Value = ByteString.CopyFrom(255, 255) },
            },
        };
        await using var server = await LibraryHandlers.StartAsync(
            new LibraryHandlers { Get = (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "ignored"), new Metadata { { "grpc-status-details-bin", details.ToByteArray() } }) },
            json: options => options.TypeRegistry = TypeRegistry.FromMessages(Author.Descriptor));
        using var response = await server.Http.GetAsync("/v1/books/a");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(
            """{"code":5,"message":"From the details.","details":["""
            + """{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"name","description":""}]},"""
            + """{"@type":"type.googleapis.com/test.library.Author","fullName":"known by registration","born":0}]}""",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Error_WithDetailsThatAreBroken_StillGoesOut()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers
        {
            Get = (_, context) =>
            {
                context.ResponseTrailers.Add("grpc-status-details-bin", [255]);
                throw new RpcException(new Status(StatusCode.NotFound, "Gone."));
            },
        });

        Assert.Equal("""{"code":5,"message":"Gone.","details":[]}""", await server.Http.GetTextAsync("/v1/books/a", HttpStatusCode.NotFound));
    }

    [Theory]
    [InlineData(false, "Exception was thrown by handler.")]
    [InlineData(true, "Exception was thrown by handler. InvalidOperationException: secret")]
    public async Task Exception_OfAHandler_IsShownOnlyOnRequest(bool detailed, string expected)
    {
        await using var server = await LibraryHandlers.StartAsync(
            new LibraryHandlers { Get = (_, _) => throw new InvalidOperationException("secret") },
            options => options.EnableDetailedErrors = detailed);

        Assert.Equal($$"""{"code":2,"message":"{{expected}}","details":[]}""", await server.Http.GetTextAsync("/v1/books/a", HttpStatusCode.InternalServerError));
    }

    [Fact]
    public async Task Error_AfterMiddlewareSetAHeader_KeepsIt()
    {
        await using var server = await GrpcServer.StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    context.Response.Headers["x-request-id"] = "7";
                    return next();
                });
                app.MapGrpcService<LibraryService>();
            },
            grpc: builder => builder.AddJsonTranscoding());
        using var response = await server.Http.GetAsync("/v1/books/missing");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("7", response.Headers.GetValues("x-request-id").Single());
    }

    [Fact]
    public async Task Status_SetInsteadOfThrown_EndsTheCall()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers
        {
            Get = (_, context) =>
            {
                context.Status = new Status(StatusCode.FailedPrecondition, "Not now.");
                return Task.FromResult(new Book());
            },
        });

        Assert.Equal("""{"code":9,"message":"Not now.","details":[]}""", await server.Http.GetTextAsync("/v1/books/a", HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Response_OfNull_IsCancelled()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers { Get = (_, _) => Task.FromResult<Book>(null!) });

        await server.Http.GetTextAsync("/v1/books/a", HttpStatusCode.RequestTimeout);
    }

    [Fact]
    public async Task Response_ThatCannotBeWritten_IsAnErrorAndNotHalfAMessage()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers
        {
            Get = (_, _) => Task.FromResult(new Book { Title = "begins well", Published = new Timestamp { Seconds = long.MaxValue } }),
        });

        Assert.Equal("""{"code":2,"message":"Exception was thrown by handler.","details":[]}""", await server.Http.GetTextAsync("/v1/books/a", HttpStatusCode.InternalServerError));
    }

    [Fact]
    public async Task Method_ThatIsNotOverridden_IsUnimplemented()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers());

        await server.Http.GetTextAsync("/v1/titles", HttpStatusCode.NotImplemented);
    }
}
