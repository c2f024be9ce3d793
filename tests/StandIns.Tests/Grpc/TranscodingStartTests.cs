using AiMesh.StandIns.Tests.Grpc.Bad;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Options that cannot be served stop the start, with the method and the problem in the message.</summary>
public sealed class TranscodingStartTests
{
    [Fact]
    public Task Path_WithoutALeadingSlash_StopsTheStart() => AssertStopsAsync<NoSlashService>("'/' is expected at position 0");

    [Fact]
    public Task Path_WithAnOpenVariable_StopsTheStart() => AssertStopsAsync<OpenVariableService>("'}' is expected at position 13");

    [Fact]
    public Task Path_WithAVariableInAVariable_StopsTheStart() => AssertStopsAsync<NestedVariableService>("a name is expected at position 10");

    [Fact]
    public Task Path_WithAnEmptySegment_StopsTheStart() => AssertStopsAsync<EmptySegmentService>("a name is expected at position 4");

    [Fact]
    public Task Path_WithAFieldTwice_StopsTheStart() => AssertStopsAsync<TwiceBoundService>("'name' is bound more than once");

    [Fact]
    public Task Path_WithMoreThanLiteralsAfterMany_StopsTheStart() => AssertStopsAsync<AfterManyService>("only literals may follow '**'");

    [Fact]
    public Task Path_OfAnUnknownField_StopsTheStart() => AssertStopsAsync<UnknownPathFieldService>("route parameter 'title' on Thing");

    [Fact]
    public Task Body_OfAnUnknownField_StopsTheStart() => AssertStopsAsync<UnknownBodyFieldService>("body 'title' on Thing");

    [Fact]
    public Task ResponseBody_OfAnUnknownField_StopsTheStart() => AssertStopsAsync<UnknownResponseFieldService>("response_body 'title' on Thing");

    private static async Task AssertStopsAsync<TService>(string problem)
        where TService : class
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => GrpcServer.StartAsync(
            app => app.MapGrpcService<TService>(),
            grpc: builder => builder.AddJsonTranscoding()));
        var messages = string.Concat(Causes(error).Select(cause => cause.Message + "\n"));

        Assert.Contains(problem, messages, StringComparison.Ordinal);
        Assert.Contains("Error binding test.bad.", messages, StringComparison.Ordinal);
    }

    private static IEnumerable<Exception> Causes(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            yield return error;
    }

    private sealed class NoSlashService : NoSlash.NoSlashBase;

    private sealed class OpenVariableService : OpenVariable.OpenVariableBase;

    private sealed class NestedVariableService : NestedVariable.NestedVariableBase;

    private sealed class EmptySegmentService : EmptySegment.EmptySegmentBase;

    private sealed class TwiceBoundService : TwiceBound.TwiceBoundBase;

    private sealed class AfterManyService : AfterMany.AfterManyBase;

    private sealed class UnknownPathFieldService : UnknownPathField.UnknownPathFieldBase;

    private sealed class UnknownBodyFieldService : UnknownBodyField.UnknownBodyFieldBase;

    private sealed class UnknownResponseFieldService : UnknownResponseField.UnknownResponseFieldBase;
}
