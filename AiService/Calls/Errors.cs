using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AiService.Calls;

/// <summary>Every candidate failed before it said anything.</summary>
internal sealed record NoProviderAnswered : MeshError
{
    public NoProviderAnswered(IReadOnlyList<string> attempts, TimeSpan? retryAfter)
        : base(StatusCode.Unavailable, "NO_PROVIDER_ANSWERED", $"No provider answered ({string.Join("; ", attempts)}). Try again later, or name another model.") =>
        RetryAfter = retryAfter ?? TimeSpan.FromSeconds(2);
}

/// <summary>A provider refused the request for good: another would have to be asked differently.</summary>
internal sealed record ProviderRefused(string Detail) : MeshError(StatusCode.FailedPrecondition, "PROVIDER_REFUSED", Detail);

/// <summary>The answer broke off after some of it had been passed on, so no other provider can continue unseen.</summary>
internal sealed record AnswerBrokeOff(string Detail) : MeshError(StatusCode.Unavailable, "ANSWER_BROKE_OFF", $"{Detail} What came before stands; ask again for a whole answer.");
