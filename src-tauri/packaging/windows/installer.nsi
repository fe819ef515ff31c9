; Installer of the app for Windows, for one user and without administrator rights. Made by
; `cargo xtask bundle --bundles nsis` on Linux, which passes:
;   STAGED      the folder with the files to install
;   ICON        the icon of the installer
;   OUT         the installer's path
;   VERSION     the version, as 1.2.3
;   SIGN        optional: the command that signs the uninstaller, whose path is %1
;
; Options of the installer: /S installs without a question and without the network,
; /D=FOLDER (last, without quotes) chooses the folder, /NOWEBVIEW2 skips the check for WebView2.
; Options of the uninstaller: /S.

Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel user
SetCompressor /SOLID lzma
CRCCheck force

!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "MUI2.nsh"
!include "WinVer.nsh"

!define PRODUCT "Latchkey"
!define IDENTIFIER "app.latchkey.desktop"
!define PUBLISHER "The Latchkey developers"
!define HOMEPAGE "https://github.com/latchkey/latchkey"
!define PROGRAM "latchkey.exe"
!define LOADER "WebView2Loader.dll"
!define UNINSTALLER "uninstall.exe"
; Where "Installed apps" looks for the program.
!define ENTRY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${IDENTIFIER}"
; Where the WebView2 Runtime records its version (Microsoft: "Distribute your app and the WebView2
; Runtime").
!define WEBVIEW2 "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define WEBVIEW2_PAGE "https://developer.microsoft.com/microsoft-edge/webview2/"

Name "${PRODUCT}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\${PRODUCT}"
InstallDirRegKey HKCU "${ENTRY}" "InstallLocation"
BrandingText "${PRODUCT} ${VERSION}"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_LICENSEPAGE_TEXT_BOTTOM "$(LicenceNote)"
!define MUI_LICENSEPAGE_BUTTON "$(^NextBtn)"
!define MUI_FINISHPAGE_RUN "$INSTDIR\${PROGRAM}"

!insertmacro MUI_PAGE_LICENSE "${STAGED}\LICENSE-MIT.txt"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES

; The first is the language on systems in any other.
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

LangString LicenceNote ${LANG_ENGLISH} "${PRODUCT} is free software under this licence or the Apache License 2.0, at your choice."
LangString LicenceNote ${LANG_GERMAN} "${PRODUCT} ist freie Software unter dieser Lizenz oder, nach Ihrer Wahl, der Apache License 2.0."
LangString IsOpen ${LANG_ENGLISH} "${PRODUCT} is open. Close its window, then try again."
LangString IsOpen ${LANG_GERMAN} "${PRODUCT} ist geöffnet. Schließen Sie das Fenster und versuchen Sie es erneut."
LangString OldSystem ${LANG_ENGLISH} "${PRODUCT} needs Windows 10 or later."
LangString OldSystem ${LANG_GERMAN} "${PRODUCT} braucht Windows 10 oder neuer."
LangString NoWebView2 ${LANG_ENGLISH} "${PRODUCT} draws its window with the Microsoft Edge WebView2 Runtime, which is not installed. Open Microsoft’s page to download it?$\r$\n$\r$\n${WEBVIEW2_PAGE}"
LangString NoWebView2 ${LANG_GERMAN} "${PRODUCT} zeichnet sein Fenster mit der Microsoft Edge WebView2-Runtime, die nicht installiert ist. Microsofts Seite zum Herunterladen öffnen?$\r$\n$\r$\n${WEBVIEW2_PAGE}"

VIProductVersion "${VERSION}.0"
!macro DESCRIBE LANGUAGE TEXT
  VIAddVersionKey /LANG=${LANGUAGE} "ProductName" "${PRODUCT}"
  VIAddVersionKey /LANG=${LANGUAGE} "ProductVersion" "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} "FileVersion" "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} "FileDescription" "${TEXT}"
  VIAddVersionKey /LANG=${LANGUAGE} "CompanyName" "${PUBLISHER}"
  VIAddVersionKey /LANG=${LANGUAGE} "LegalCopyright" "MIT OR Apache-2.0"
!macroend
!insertmacro DESCRIBE ${LANG_ENGLISH} "Installs ${PRODUCT}"
!insertmacro DESCRIBE ${LANG_GERMAN} "Installiert ${PRODUCT}"

!ifdef SIGN
  !uninstfinalize '${SIGN}' = 0
!endif

; Stops while the app runs: Windows does not replace a program that runs, and its window would
; outlive its files.
!macro DEFINE_EXPECT_CLOSED PREFIX
  Function ${PREFIX}ExpectClosed
    ${DoWhile} ${FileExists} "$INSTDIR\${PROGRAM}"
      ClearErrors
      FileOpen $0 "$INSTDIR\${PROGRAM}" a
      ${IfNot} ${Errors}
        FileClose $0
        Return
      ${EndIf}
      ${If} ${Cmd} `MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(IsOpen)" /SD IDCANCEL IDCANCEL`
        SetErrorLevel 1
        Quit
      ${EndIf}
    ${Loop}
  FunctionEnd
!macroend
!insertmacro DEFINE_EXPECT_CLOSED ""
!insertmacro DEFINE_EXPECT_CLOSED "un."

Function .onInit
  ; A 32-bit Windows does not start this program.
  ${IfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "$(OldSystem)" /SD IDOK
    SetErrorLevel 1
    Quit
  ${EndIf}
FunctionEnd

; Offers Microsoft's page if there is no runtime. Downloads nothing, and asks nothing when silent:
; the app says the same at its start.
Function OfferWebView2
  ${If} ${Silent}
    Return
  ${EndIf}
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/NOWEBVIEW2" $1
  ${IfNot} ${Errors}
    Return
  ${EndIf}
  ; Of the machine, which a 32-bit program has installed, or of the user.
  ReadRegStr $0 HKLM "Software\WOW6432Node\${WEBVIEW2}" "pv"
  ${If} $0 == ""
  ${OrIf} $0 == "0.0.0.0"
    ReadRegStr $0 HKCU "Software\${WEBVIEW2}" "pv"
  ${EndIf}
  ${If} $0 == ""
  ${OrIf} $0 == "0.0.0.0"
    MessageBox MB_YESNO|MB_ICONINFORMATION "$(NoWebView2)" IDNO declined
    ExecShell "open" "${WEBVIEW2_PAGE}"
    declined:
  ${EndIf}
FunctionEnd

Section
  Call ExpectClosed
  SetOutPath "$INSTDIR"
  File "${STAGED}\${PROGRAM}"
  File "${STAGED}\${LOADER}"
  File "${STAGED}\LICENSE-MIT.txt"
  File "${STAGED}\LICENSE-APACHE.txt"
  File "${STAGED}\LICENSE-WebView2Loader.txt"
  WriteUninstaller "$INSTDIR\${UNINSTALLER}"
  CreateShortcut "$SMPROGRAMS\${PRODUCT}.lnk" "$INSTDIR\${PROGRAM}"

  WriteRegStr HKCU "${ENTRY}" "DisplayName" "${PRODUCT}"
  WriteRegStr HKCU "${ENTRY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${ENTRY}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKCU "${ENTRY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${ENTRY}" "URLInfoAbout" "${HOMEPAGE}"
  WriteRegStr HKCU "${ENTRY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${ENTRY}" "UninstallString" '"$INSTDIR\${UNINSTALLER}"'
  WriteRegStr HKCU "${ENTRY}" "QuietUninstallString" '"$INSTDIR\${UNINSTALLER}" /S'
  WriteRegDWORD HKCU "${ENTRY}" "NoModify" 1
  WriteRegDWORD HKCU "${ENTRY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${ENTRY}" "EstimatedSize" $0

  Call OfferWebView2
SectionEnd

; Removes what the installer has made. The session stays in its own folder, as after the removal of
; the Debian package.
Section "Uninstall"
  Call un.ExpectClosed
  Delete "$SMPROGRAMS\${PRODUCT}.lnk"
  Delete "$INSTDIR\${PROGRAM}"
  Delete "$INSTDIR\${LOADER}"
  Delete "$INSTDIR\LICENSE-MIT.txt"
  Delete "$INSTDIR\LICENSE-APACHE.txt"
  Delete "$INSTDIR\LICENSE-WebView2Loader.txt"
  Delete "$INSTDIR\${UNINSTALLER}"
  DeleteRegKey HKCU "${ENTRY}"
  ; Only if it is empty.
  RMDir "$INSTDIR"
SectionEnd
