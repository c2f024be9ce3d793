using System.Net;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.Roles;

namespace AiMesh.AuthService.Roles;

internal sealed class RolesGrpcService(AuthDatabase database, RoleAdministration administration, TimeProvider time) : Contract.RolesBase
{
    public override async Task<Role> CreateRole(CreateRoleRequest request, ServerCallContext context) =>
        (await administration.CreateAsync(context.GetPrincipal(), request.Role ?? new Role(), context.CancellationToken)).OrThrow().ToMessage();

    public override async Task<Role> GetRole(GetRoleRequest request, ServerCallContext context)
    {
        if (request.Role.Length == 0) throw new InvalidField("role", "is required").ToRpcException();
        if (!RoleRules.IsName(request.Role)) throw new NotFound("role", request.Role).ToRpcException();

        await using var transaction = await database.BeginAsync(context.GetPrincipal().Organisation, context.CancellationToken);
        var role = await RoleStore.FindAsync(transaction, request.Role, context.CancellationToken);
        return role?.ToMessage() ?? throw new NotFound("role", request.Role).ToRpcException();
    }

    public override async Task<ListRolesResponse> ListRoles(ListRolesRequest request, ServerCallContext context)
    {
        await using var transaction = await database.BeginAsync(context.GetPrincipal().Organisation, context.CancellationToken);
        var roles = await RoleStore.ListAsync(transaction, context.CancellationToken);
        return new ListRolesResponse { Roles = { roles.Select(static role => role.ToMessage()) } };
    }

    public override async Task<Role> UpdateRole(UpdateRoleRequest request, ServerCallContext context)
    {
        var role = request.Role ?? new Role();
        var mask = UpdateMask.Resolve(request.UpdateMask, ("description", role.Description.Length > 0), ("permissions", role.Permissions.Count > 0), ("includes", role.Includes.Count > 0)).OrThrow();
        return (await administration.UpdateAsync(context.GetPrincipal(), role, mask, context.CancellationToken)).OrThrow().ToMessage();
    }

    public override async Task<DeleteRoleResponse> DeleteRole(DeleteRoleRequest request, ServerCallContext context)
    {
        (await administration.DeleteAsync(context.GetPrincipal(), request.Role, context.CancellationToken)).OrThrow();
        return new DeleteRoleResponse();
    }

    public override async Task<ExplainPermissionResponse> ExplainPermission(ExplainPermissionRequest request, ServerCallContext context)
    {
        var checks = new FieldChecks();
        checks.Require("user", request.User);
        if (!PermissionPattern.IsValid(request.Permission)) checks.Fail("permission", "must be segments divided by colons, for example data:read:surveys");
        if (request.Address.Length > 0 && !IPAddress.TryParse(request.Address, out _)) checks.Fail("address", "must be an IP address");
        if (!checks.Passed) throw checks.Error.ToRpcException();
        if (!UserId.IsPlausible(request.User)) throw new NotFound("user", request.User).ToRpcException();

        await using var transaction = await database.BeginAsync(context.GetPrincipal().Organisation, context.CancellationToken);
        var user = await UserStore.FindAsync(transaction, request.User, context.CancellationToken) ?? throw new NotFound("user", request.User).ToRpcException();
        return await PermissionExplanation.OfAsync(transaction, user, request, time, context.CancellationToken);
    }
}
