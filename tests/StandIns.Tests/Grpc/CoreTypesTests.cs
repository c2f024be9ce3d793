using System.Text;
using Grpc.Core;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>The small types of Grpc.Core.Api by themselves.</summary>
public sealed class CoreTypesTests
{
    [Fact]
    public void Metadata_WithAKeyManyTimes_GivesTheLastOrAll()
    {
        var metadata = new Metadata { { "Key", "1" }, { "other", "2" }, { "key", "3" } };

        Assert.Equal("3", metadata.GetValue("KEY"));
        Assert.Equal(["1", "3"], metadata.GetAll("key").Select(entry => entry.Value));
        Assert.Null(metadata.Get("none"));
        Assert.Null(metadata.GetValueBytes("none"));
        Assert.Equal(["key", "other", "key"], metadata.Select(entry => entry.Key));
    }

    [Fact]
    public void Metadata_ThatIsEmptyForAll_CannotBeChanged()
    {
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Clear());
        Assert.True(Metadata.Empty.IsReadOnly);
    }

    [Fact]
    public void Metadata_AsAList_BehavesAsOne()
    {
        var first = new Metadata.Entry("a", "1");
        var second = new Metadata.Entry("b", "2");
        var metadata = new Metadata { second };
        metadata.Insert(0, first);

        Assert.Equal(1, metadata.IndexOf(second));
        metadata[1] = first;
        Assert.True(metadata.Remove(first));
        metadata.RemoveAt(0);
        Assert.Empty(metadata);
        Assert.Throws<ArgumentNullException>(() => metadata.Add(null!));
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("ümlaut")]
    [InlineData("colon:")]
    public void Entry_OfAnInvalidKey_IsRefused(string key) => Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "value"));

    [Fact]
    public void Entry_OfTheWrongKindForItsKey_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key", [1]));
    }

    [Fact]
    public void Entry_OfBytes_KeepsACopy()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("Key-Bin", bytes);
        bytes[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.Equal(new byte[] { 1, 2 }, entry.ValueBytes);
        Assert.Equal("key-bin", entry.Key);
        Assert.True(entry.IsBinary);
        Assert.Throws<InvalidOperationException>(() => entry.Value);
    }

    [Fact]
    public void Entry_OfText_GivesAsciiBytes()
    {
        var entry = new Metadata.Entry("key", "abc");

        Assert.Equal(Encoding.ASCII.GetBytes("abc"), entry.ValueBytes);
        Assert.Equal("[Entry: key=key, value=abc]", entry.ToString());
    }

    [Fact]
    public void Status_AsText_NamesTheCauseIfThereIsOne()
    {
        Assert.Equal("Status(StatusCode=\"NotFound\", Detail=\"x\")", new Status(StatusCode.NotFound, "x").ToString());
        Assert.Equal(
            "Status(StatusCode=\"Internal\", Detail=\"x\", DebugException=\"System.InvalidOperationException: y\")",
            new Status(StatusCode.Internal, "x", new InvalidOperationException("y")).ToString());
        Assert.Equal(StatusCode.OK, Status.DefaultSuccess.StatusCode);
        Assert.Equal(StatusCode.Cancelled, Status.DefaultCancelled.StatusCode);
    }

    [Fact]
    public void RpcException_OfAStatus_CarriesAllOfIt()
    {
        var cause = new InvalidOperationException();
        var trailers = new Metadata { { "a", "b" } };
        var error = new RpcException(new Status(StatusCode.Internal, "x", cause), trailers, "message");

        Assert.Equal("message", error.Message);
        Assert.Same(cause, error.InnerException);
        Assert.Same(trailers, error.Trailers);
        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Empty(new RpcException(Status.DefaultCancelled).Trailers);
        Assert.Equal(Status.DefaultCancelled.ToString(), new RpcException(Status.DefaultCancelled).Message);
    }

    [Fact]
    public void CallOptions_WithOtherValues_LeavesTheOriginalAsItIs()
    {
        var headers = new Metadata();
        var deadline = DateTime.UtcNow;
        using var source = new CancellationTokenSource();
        var writes = new WriteOptions(WriteFlags.NoCompress);
        var credentials = CallCredentials.FromInterceptor((_, _) => Task.CompletedTask);
        var original = new CallOptions();

        var changed = original.WithHeaders(headers).WithDeadline(deadline).WithCancellationToken(source.Token)
            .WithWriteOptions(writes).WithCredentials(credentials).WithWaitForReady();

        Assert.Equal((headers, deadline, source.Token, writes, credentials, true),
            (changed.Headers, changed.Deadline, changed.CancellationToken, changed.WriteOptions, changed.Credentials, changed.IsWaitForReady));
        Assert.Equal((null, null, default, null, null, false),
            (original.Headers, original.Deadline, original.CancellationToken, original.WriteOptions, original.Credentials, original.IsWaitForReady));
        Assert.False(changed.WithWaitForReady(false).IsWaitForReady);
    }

    [Fact]
    public void CallCredentials_ComposedOfNothing_AreRefused() => Assert.Throws<ArgumentException>(() => CallCredentials.Compose());

    [Fact]
    public void Marshaller_OverArrays_ServesContextsToo()
    {
        var marshaller = Marshallers.StringMarshaller;
        var context = new Contexts();

        marshaller.ContextualSerializer("ü", context);

        Assert.Equal("ü", marshaller.ContextualDeserializer(new Payload(context.Bytes!)));
        Assert.Equal("ü", marshaller.Deserializer(marshaller.Serializer("ü")));
    }

    [Fact]
    public void Method_OfItsParts_HasThePathOfTheWire()
    {
        var method = new Method<string, string>(MethodType.Unary, "pkg.Service", "Call", Marshallers.StringMarshaller, Marshallers.StringMarshaller);

        Assert.Equal("/pkg.Service/Call", method.FullName);
        Assert.Equal(("pkg.Service", "Call", MethodType.Unary), (method.ServiceName, method.Name, method.Type));
    }

    [Fact]
    public void ServiceDefinition_WithAMethodTwice_IsRefused()
    {
        var method = new Method<string, string>(MethodType.Unary, "s", "m", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        Task<string> Handle(string request, ServerCallContext context) => Task.FromResult(request);
        var builder = ServerServiceDefinition.CreateBuilder().AddMethod(method, Handle);

        Assert.Throws<ArgumentException>(() => builder.AddMethod(method, Handle));
    }

    [Fact]
    public void AuthContext_OfProperties_FindsThemByName()
    {
        var property = AuthProperty.Create("cn", Encoding.UTF8.GetBytes("alice"));
        var context = new AuthContext("cn", new() { ["cn"] = [property] });

        Assert.True(context.IsPeerAuthenticated);
        Assert.Equal("alice", Assert.Single(context.PeerIdentity).Value);
        Assert.Same(property, Assert.Single(context.FindPropertiesByName("cn")));
        Assert.Empty(context.FindPropertiesByName("none"));
        Assert.Empty(new AuthContext(null, []).PeerIdentity);
    }

    [Fact]
    public async Task StreamWriter_WithoutAnOverload_RefusesATokenThatCanBeCancelled()
    {
        IAsyncStreamWriter<string> writer = new OldWriter();
        using var source = new CancellationTokenSource();

        await writer.WriteAsync("a", CancellationToken.None);
        await Assert.ThrowsAsync<NotSupportedException>(() => writer.WriteAsync("a", source.Token));
    }

    private sealed class OldWriter : IAsyncStreamWriter<string>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(string message) => Task.CompletedTask;
    }

    private sealed class Contexts : SerializationContext
    {
        public byte[]? Bytes { get; private set; }

        public override void Complete(byte[] payload) => Bytes = payload;
    }

    private sealed class Payload(byte[] bytes) : DeserializationContext
    {
        public override int PayloadLength => bytes.Length;

        public override byte[] PayloadAsNewBuffer() => bytes;
    }
}
