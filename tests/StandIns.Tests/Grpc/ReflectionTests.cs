using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace AiMesh.StandIns.Tests.Grpc;

public sealed class ReflectionTests : IAsyncLifetime
{
    private GrpcServer _server = null!;

    public async Task InitializeAsync() => _server = await GrpcServer.StartAsync(
        app =>
        {
            app.MapGrpcService<EchoService>();
            app.MapGrpcService<LibraryService>();
            app.MapGrpcReflectionService();
        },
        services => services.AddGrpcReflection());

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task ListServices_NamesAllThatAreMapped()
    {
        var answer = await AskAsync(new ServerReflectionRequest { Host = "h", ListServices = "*" });

        Assert.Equal(
            ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "test.echo.Echo", "test.library.Library"],
            answer.ListServicesResponse.Service.Select(service => service.Name).Order());
        Assert.Equal("h", answer.ValidHost);
        Assert.Equal("*", answer.OriginalRequest.ListServices);
    }

    [Fact]
    public async Task FileByName_BringsTheFileFirstAndAllItImports()
    {
        var files = Files(await AskAsync(new ServerReflectionRequest { FileByFilename = "test/library.proto" }));

        Assert.Equal("test/library.proto", files[0].Name);
        Assert.Contains(files, file => file.Name == "google/api/http.proto");
        Assert.All(files.SelectMany(file => file.Dependency), name => Assert.Contains(files, file => file.Name == name));
    }

    [Theory]
    [InlineData("test.library.Library", "test/library.proto")]
    [InlineData("test.library.Library.GetBook", "test/library.proto")]
    [InlineData("test.library.Book", "test/library.proto")]
    [InlineData("test.library.Book.title", "test/library.proto")]
    [InlineData("test.library.Genre", "test/library.proto")]
    [InlineData("test.library.GENRE_NOVEL", "test/library.proto")]
    [InlineData("test.echo.Echo", "test/echo.proto")]
    [InlineData("google.api.http", "google/api/annotations.proto")]
    [InlineData("google.api.HttpRule.pattern", "google/api/http.proto")]
    [InlineData("google.protobuf.FieldDescriptorProto.Type", "google/protobuf/descriptor.proto")]
    public async Task FileOfASymbol_OfEveryKind_IsFound(string symbol, string file) =>
        Assert.Equal(file, Files(await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol }))[0].Name);

    [Fact]
    public async Task Extensions_OfMethodOptions_AreFound()
    {
        const string Options = "google.protobuf.MethodOptions";
        var numbers = await AskAsync(new ServerReflectionRequest { AllExtensionNumbersOfType = Options });
        var file = await AskAsync(new ServerReflectionRequest { FileContainingExtension = new() { ContainingType = Options, ExtensionNumber = 72295728 } });

        Assert.Equal([72295728], numbers.AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Equal("google/api/annotations.proto", Files(file)[0].Name);
    }

    [Fact]
    public async Task Questions_WithoutAnAnswer_AreNotFoundAndLeaveTheStreamOpen()
    {
        var answers = await AskAllAsync(
            new ServerReflectionRequest { FileByFilename = "no.proto" },
            new ServerReflectionRequest { FileContainingSymbol = "no.Symbol" },
            new ServerReflectionRequest { FileContainingExtension = new() { ContainingType = "test.library.Book", ExtensionNumber = 1 } },
            new ServerReflectionRequest { AllExtensionNumbersOfType = "no.Type" },
            new ServerReflectionRequest(),
            new ServerReflectionRequest { AllExtensionNumbersOfType = "test.library.Book" });

        Assert.Equal(
            [StatusCode.NotFound, StatusCode.NotFound, StatusCode.NotFound, StatusCode.NotFound, StatusCode.InvalidArgument],
            answers[..^1].Select(answer => (StatusCode)answer.ErrorResponse.ErrorCode));
        Assert.Empty(answers[^1].AllExtensionNumbersResponse.ExtensionNumber);
    }

    [Fact]
    public async Task V1Alpha_AnswersTheSame()
    {
        using var call = new V1Alpha.ServerReflection.ServerReflectionClient(_server.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new() { FileContainingSymbol = "test.echo.Echo" });
        Assert.True(await call.ResponseStream.MoveNext());

        var file = FileDescriptorProto.Parser.ParseFrom(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto[0]);

        Assert.Equal("test/echo.proto", file.Name);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task MapGrpcReflectionService_WithoutItsServices_IsRefused() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => GrpcServer.StartAsync(app => app.MapGrpcReflectionService()));

    private static List<FileDescriptorProto> Files(ServerReflectionResponse answer) =>
        [.. answer.FileDescriptorResponse.FileDescriptorProto.Select(FileDescriptorProto.Parser.ParseFrom)];

    private async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request) => (await AskAllAsync(request))[0];

    private async Task<List<ServerReflectionResponse>> AskAllAsync(params ServerReflectionRequest[] requests)
    {
        using var call = new ServerReflection.ServerReflectionClient(_server.Channel).ServerReflectionInfo();
        var answers = new List<ServerReflectionResponse>();
        foreach (var request in requests)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext());
            answers.Add(call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        return answers;
    }
}
