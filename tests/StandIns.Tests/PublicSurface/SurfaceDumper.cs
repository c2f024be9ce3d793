using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AiMesh.StandIns.Tests.PublicSurface;

/// <summary>
/// Writes what an assembly offers to others, one line for each type and member; README.md describes the form. Overrides
/// are left out: what they replace was offered already.
/// </summary>
internal static class SurfaceDumper
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Dump(Assembly assembly) => assembly.GetTypes().Where(IsVisible).SelectMany(Dump);

    public static IEnumerable<string> Dump(Type type)
    {
        var name = TypeNames.Full(type);
        yield return $"T:{name} {Kind(type)}{Base(type)}{TypeNames.Constraints(type.GetGenericArguments())}";
        if (type.IsEnum)
        {
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
                yield return $"F:{name}.{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}";
            yield break;
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield return Method(name, type.GetMethod("Invoke")!);
            yield break;
        }

        foreach (var implemented in DeclaredInterfaces(type))
            yield return $"I:{name} : {TypeNames.Of(implemented)}";
        foreach (var constructor in type.GetConstructors(Declared).Where(constructor => !constructor.IsStatic && IsVisible(constructor)))
            yield return $"M:{name}.#ctor({Parameters(constructor)}){Modifiers(constructor)}";
        foreach (var method in type.GetMethods(Declared).Where(method => IsNew(method) && !IsAccessor(method)))
            yield return Method(name, method);
        foreach (var line in type.GetProperties(Declared).SelectMany(property => Property(name, property)))
            yield return line;
        foreach (var field in type.GetFields(Declared).Where(IsVisible))
            yield return Field(name, field);
        foreach (var declared in type.GetEvents(Declared).Where(declared => IsNew(declared.AddMethod!)))
            yield return $"E:{name}.{declared.Name} : {TypeNames.Of(declared.EventHandlerType!)}{Modifiers(declared.AddMethod!)}";
    }

    private static string Kind(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Base(Type type) =>
        type.IsClass && type.BaseType is { } parent && parent != typeof(object) && parent != typeof(MulticastDelegate) ? $" : {TypeNames.Of(parent)}" : "";

    private static IEnumerable<Type> DeclaredInterfaces(Type type)
    {
        var all = type.GetInterfaces();
        var implied = all.SelectMany(one => one.GetInterfaces()).Concat(type.BaseType?.GetInterfaces() ?? []).ToHashSet();
        return all.Where(one => !implied.Contains(one) && (one.IsPublic || one.IsNestedPublic));
    }

    private static string Method(string type, MethodInfo method)
    {
        var generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(TypeNames.Of))}>" : "";
        var constraints = method.IsGenericMethod ? TypeNames.Constraints(method.GetGenericArguments()) : "";
        return $"M:{type}.{method.Name}{generics}({Parameters(method)}) : {TypeNames.Of(method.ReturnType)}{Modifiers(method)}{constraints}";
    }

    private static IEnumerable<string> Property(string type, PropertyInfo property)
    {
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        foreach (var accessor in property.GetAccessors(nonPublic: true).Where(IsNew))
        {
            var isInit = accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
            var kind = accessor == property.GetMethod ? "get" : isInit ? "init" : "set";
            yield return $"P:{type}.{name} : {TypeNames.Of(property.PropertyType)} {{{kind}}}{Modifiers(accessor)}";
        }
    }

    private static string Field(string type, FieldInfo field)
    {
        var modifiers = (field.IsLiteral ? " const" : (field.IsStatic ? " static" : "") + (field.IsInitOnly ? " readonly" : "")) + (field.IsPublic ? "" : " protected");
        return $"F:{type}.{field.Name} : {TypeNames.Of(field.FieldType)}{modifiers}";
    }

    private static string Modifiers(MethodBase method) =>
        (method.IsStatic ? " static" : "")
        + (method.IsPublic ? "" : " protected")
        + (method.DeclaringType!.IsInterface ? (method.IsAbstract || method.IsStatic ? "" : " default")
            : method.IsAbstract ? " abstract" : method.IsVirtual && !method.IsFinal && !method.DeclaringType.IsSealed ? " virtual" : "");

    private static string Parameters(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute), inherit: false) ? "this " : "";
        return extension + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var direction = parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params "
            : !parameter.ParameterType.IsByRef ? ""
            : parameter.IsOut ? "out "
            : parameter.IsIn ? "in "
            : "ref ";
        return $"{direction}{TypeNames.Of(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Default(parameter) : "")}";
    }

    private static string Default(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return parameter.DefaultValue switch
        {
            null => parameter.ParameterType.IsValueType && type == parameter.ParameterType ? "default" : "null",
            string text => $"\"{text}\"",
            bool truth => truth ? "true" : "false",
            var value when type.IsEnum => Enum.GetName(type, value) is { } member ? $"{TypeNames.Of(type)}.{member}" : "default",
            var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    private static bool IsAccessor(MethodInfo method) =>
        method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsNew(MethodInfo method) => IsVisible(method) && method.GetBaseDefinition() == method;

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static bool IsVisible(Type type) => type.DeclaringType is null
        ? type.IsPublic
        : (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType);
}
