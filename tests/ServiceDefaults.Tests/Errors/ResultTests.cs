using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Tests.Errors;

public sealed class ResultTests
{
    private static readonly MeshError Missing = new NotFound("dataset", "surveys");

    [Fact]
    public void Value_IsThere()
    {
        Result<int> result = 7;

        Assert.True(result.IsOk);
        Assert.Equal(7, result.Value);
        Assert.Equal(7, result.OrThrow());
        Assert.Equal("7", result.Match(static value => $"{value}", static error => error.Reason));
        Assert.Equal(8, result.Then<int>(static value => value + 1).Value);
        Assert.Throws<InvalidOperationException>(() => result.Error);
    }

    [Fact]
    public void Error_IsThere()
    {
        Result<int> result = Missing;

        Assert.False(result.IsOk);
        Assert.Equal(Missing, result.Error);
        Assert.Equal("NOT_FOUND", result.Match(static value => $"{value}", static error => error.Reason));
        Assert.Equal(Missing, result.Then<int>(static value => value + 1).Error);
        Assert.False(result.TryGet(out _, out var error));
        Assert.Equal(Missing, error);
        Assert.Throws<InvalidOperationException>(() => result.Value);
        Assert.Equal(StatusCode.NotFound, Assert.Throws<RpcException>(() => result.OrThrow()).StatusCode);
    }

    [Fact]
    public void NeverSet_IsNeither()
    {
        var result = default(Result<string>);

        Assert.False(result.IsOk);
        Assert.Throws<InvalidOperationException>(() => result.Error);
        Assert.Throws<InvalidOperationException>(() => result.OrThrow());
    }
}
