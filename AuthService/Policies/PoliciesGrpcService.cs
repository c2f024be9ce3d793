using AiMesh.Auth.V1;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.Policies;

namespace AiMesh.AuthService.Policies;

internal sealed class PoliciesGrpcService(AuthDatabase database, PolicyAdministration administration) : Contract.PoliciesBase
{
    public override async Task<Policy> CreatePolicy(CreatePolicyRequest request, ServerCallContext context) =>
        (await administration.CreateAsync(AuthorOf(context), request.Policy ?? new Policy(), context.CancellationToken)).OrThrow().ToMessage();

    public override async Task<Policy> GetPolicy(GetPolicyRequest request, ServerCallContext context)
    {
        if (request.Policy.Length == 0) throw new InvalidField("policy", "is required").ToRpcException();
        if (!RoleRules.IsName(request.Policy)) throw new NotFound("policy", request.Policy).ToRpcException();

        await using var transaction = await database.BeginAsync(context.GetPrincipal().Organisation, context.CancellationToken);
        var policy = await PolicyStore.FindAsync(transaction, request.Policy, context.CancellationToken);
        return policy?.ToMessage() ?? throw new NotFound("policy", request.Policy).ToRpcException();
    }

    public override async Task<ListPoliciesResponse> ListPolicies(ListPoliciesRequest request, ServerCallContext context)
    {
        await using var transaction = await database.BeginAsync(context.GetPrincipal().Organisation, context.CancellationToken);
        var policies = await PolicyStore.ListAsync(transaction, context.CancellationToken);
        return new ListPoliciesResponse { Policies = { policies.Select(static policy => policy.ToMessage()) } };
    }

    public override async Task<Policy> UpdatePolicy(UpdatePolicyRequest request, ServerCallContext context)
    {
        var policy = request.Policy ?? new Policy();
        var mask = UpdateMask.Resolve(
            request.UpdateMask,
            ("description", policy.Description.Length > 0), ("effect", policy.Effect != Policy.Types.Effect.Unspecified), ("permissions", policy.Permissions.Count > 0),
            ("roles", policy.Roles.Count > 0), ("condition", policy.Condition.Length > 0), ("time_zone", policy.TimeZone.Length > 0), ("disabled", policy.Disabled))
            .OrThrow();
        return (await administration.UpdateAsync(AuthorOf(context), policy, mask, context.CancellationToken)).OrThrow().ToMessage();
    }

    public override async Task<DeletePolicyResponse> DeletePolicy(DeletePolicyRequest request, ServerCallContext context)
    {
        (await administration.DeleteAsync(AuthorOf(context), request.Policy, request.Etag, context.CancellationToken)).OrThrow();
        return new DeletePolicyResponse();
    }

    private static PolicyAuthor AuthorOf(ServerCallContext context) => new(context.GetPrincipal(), CallerAddress.Of(context.GetHttpContext()));
}
